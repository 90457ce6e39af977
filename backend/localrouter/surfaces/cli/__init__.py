"""The command line: its verbs, their output and their exit codes.

Start with `verbs.py`. No verb ends in a traceback. `remote.py` and what it imports use the standard library only,
for the sake of scripts.
"""
