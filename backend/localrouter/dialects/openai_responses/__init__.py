"""OpenAI's responses, as programs speak them.

Start with `client.py` for what a program sends and is told. Nothing outside this folder may know how responses are
spelled. What needs a memory of the server (an earlier response by its id, a stored conversation) is nowhere kept.
"""
