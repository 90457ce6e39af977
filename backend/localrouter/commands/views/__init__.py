"""What commands show: the shapes of clients, strategies and providers as callers read them.

Start with `clients_and_strategies.py`. No key, digest or secret has a place in any of these.
"""
