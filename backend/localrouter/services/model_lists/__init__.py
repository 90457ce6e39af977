"""What providers list, kept on disk and refreshed in the background.

Everything is in `lists.py`. A request must never wait for a provider's list.
"""
