"""Google's Gemini, as programs speak it and as providers do.

Start with `client.py` for what a program sends and is told, and with `provider.py` for what goes upstream and comes
back; `neutral/` meets the other dialects. Nothing outside this folder may know how Google spells a field; fields that
are not known here pass untouched.
"""
