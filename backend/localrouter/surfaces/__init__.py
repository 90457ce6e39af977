"""Carry text and bytes in and out: HTTP, JSON-RPC, command line, desktop window."""
