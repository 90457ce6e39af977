"""Gemini's requests and answers and the neutral conversation, for the times when the other side speaks another dialect.

`requests.py` reads what a program asks, `calls.py` writes it for a provider; `replies.py` has whole answers,
`chunks.py` and `writer.py` streams. `signatures.py` knows where the proofs of a model's thoughts travel.
"""
