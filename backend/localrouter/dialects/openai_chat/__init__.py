"""OpenAI's chat completions, completions and embeddings, as programs speak them and as providers do.

Start with `client.py` for what a program sends and is told, and with `provider.py` for what goes upstream and comes
back. Nothing outside this folder may know how OpenAI spells a field; fields that are not known here pass untouched.
"""
