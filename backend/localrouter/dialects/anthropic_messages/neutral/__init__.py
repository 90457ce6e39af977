"""Anthropic's messages and the neutral conversation, for the times when the other side speaks another dialect.

`requests.py` reads what a program asks, `calls.py` writes it for a provider (`turns.py` its messages, `adapters.py`
what has to be said in another way); `replies.py` has whole answers, `events.py` and `writer.py` streams. Thoughts of
other providers travel in signatures that bear their mark (`signatures.py`).
"""
