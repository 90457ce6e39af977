"""Every change to a configuration, as a pure step to the next one.

Start with `clients_and_strategies.py`, which decides what a strategy's parent means. An edit never validates
and never writes: the store's commit does both, so that a refused edit leaves nothing behind.
"""
