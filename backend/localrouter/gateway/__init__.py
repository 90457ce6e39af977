"""Model traffic: what happens to a request that a client sends.

Start with `loop.py`, the one loop for every request: plan, decide, reserve, send, classify, decide again. No
other path may lead to a provider, or limits would not hold.
"""
