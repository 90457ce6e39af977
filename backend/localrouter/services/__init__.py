"""One piece of state each, with its I/O. Services do not import one another.

What must be joined is joined in the gateway or in a command; what happened is announced through the `publish`
that a service is given. All state is touched on the event loop's thread.
"""
