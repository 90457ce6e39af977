"""Shapes the results of commands: clients, strategies and providers as callers see them.

Start with `clients_and_strategies.py`. No view ever holds a key, digest or secret.
"""
