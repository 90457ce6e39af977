"""The administration's paths: commands by JSON-RPC, events, metrics for monitoring, and the login paths.

Start with `routes.py`. Every path but the login paths needs the admin token or a session, which the guard has
checked before.
"""
