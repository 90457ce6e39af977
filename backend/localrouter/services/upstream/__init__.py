"""The only way to a provider over the network.

Start with `client.py`. Nothing is hidden in it: no redirect, no retry, no proxy from the environment, and every
outcome is a value.
"""
