"""Model traffic: serves the requests that clients send.

Start with `loop.py`, the one loop for every request: plan, decide, reserve, send, classify, decide again. No other path
may lead to a provider, or limits would not hold.
"""
