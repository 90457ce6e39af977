"""Running the program: start, serving, restart, the window beside it, and the end.

Start with `serving.py`. Whatever happens at the end, running requests are told, and every sample is recorded.
"""
