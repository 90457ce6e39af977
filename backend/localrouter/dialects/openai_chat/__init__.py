"""OpenAI's chat completions, completions and embeddings, as programs speak them and as providers do.

Start with `client.py` for what a program sends and `provider.py` for what goes upstream and comes back. Fields
that are not known here pass untouched.
"""
