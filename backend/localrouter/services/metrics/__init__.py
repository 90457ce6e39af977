"""Collects metrics in a SQLite database.

Start with `store.py`. Samples go in through `writer.py`; figures come out of `queries.py` and `records.py`.
Only the writer's thread writes, and no query ever waits for it.
"""
