"""The command line: its verbs, what each says, and the exit code that it ends with.

Start with `verbs.py`. No verb ends in a traceback; `remote.py` and what it needs use the standard library only,
for scripts.
"""
