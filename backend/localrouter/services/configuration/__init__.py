"""The configuration as it stands in memory and on disk, one revision at a time.

Start with `store.py`: a commit compares, edits, validates, writes, swaps and announces with no await in
between. A file that cannot be read is never touched.
"""
