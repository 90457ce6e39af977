"""The paths of the administration: commands by JSON-RPC, events, metrics for monitoring, and the way in.

Start with `routes.py`. Each path but the way in needs the admin token or a session, and the guard has seen it
before.
"""
