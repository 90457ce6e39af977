"""Rules and values, pure and synchronous: time, randomness and I/O arrive as arguments.

Read `configuration/config.py` for what an owner can set, then `routing/decide.py` and `limits/account.py` for
what follows from it. Nothing here may await, log, read a clock or touch a file: that is what makes routing and
limits provable.
"""
