"""Serving HTTP: the listener, the protocol with its deadlines and caps, the guard, and the table of routes.

Start with `routes.py`, then `guard.py`. Nothing may reach a handler unless the guard has passed it.
"""
