"""Running the program: start, serving, restart, the window beside it, and shutdown.

Start with `serving.py`. However the program ends, running requests are notified and every sample is recorded.
"""
