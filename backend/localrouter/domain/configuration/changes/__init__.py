"""What differs between two states of the configuration, in words that a person can check. Start in `documents.py`.

It owns how a change reads: whose it is, what became of it, and the values before and after. No secret may stand in any
of it; of keys, headers and proxies it says only that they changed.
"""
