"""Carry text and bytes in and out: HTTP, JSON-RPC, command line, window.

They translate and refuse; what a request or a command means is decided further in.
"""
