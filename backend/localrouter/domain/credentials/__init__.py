"""What a credential is, what it is bound to, and how it is recognised in text of others.

Start with `bindings.py`. A secret's value appears here only as an argument; no function may keep one or put it
into a message.
"""
