"""Carry text and bytes in and out: HTTP, JSON-RPC, the command line, the desktop window.

They translate and refuse; what a request or a command means is decided further in.
"""
