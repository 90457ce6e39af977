"""One piece of state each, with its I/O. Services do not import one another."""
