"""One running program and its home: files, permissions, the lock, who may administer, the log.

Start with `home.py`. Nothing in a home is touched before `rights.py` and the lock have allowed it.
"""
