"""Runs the program: start, serving, restart, the window's process, and shutdown.

Start with `serving.py`. However the program ends, clients of running requests are told and every sample is recorded.
"""
