"""The product in one minute: a throw-away home, simulated providers, a budget, and slow traffic.

Start with `demo.py`. However a demo ends, nothing of it is left: not a process, not a file.
"""
