"""The only way to a provider over the network.

Start with `client.py`. It does nothing behind the caller's back: no redirect, no retry, no proxy from the
environment. Every outcome is a value.
"""
