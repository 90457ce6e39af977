"""The product in one minute: a throw-away home, simulated providers, a budget, and slow traffic.

Start with `demo.py`. However a demo ends, it leaves neither a process nor a file behind.
"""
