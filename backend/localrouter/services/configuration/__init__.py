"""The configuration in memory and on disk, one revision at a time.

Start with `store.py`: a commit compares, edits, validates, writes, swaps and announces with no await in
between. An unreadable file is never touched.
"""
