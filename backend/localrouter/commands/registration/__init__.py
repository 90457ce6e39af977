"""How a marked function becomes a command: its parameters, its result, its errors, and the list of all.

Start with `registry.py`. Everything that names a command (dispatch, OpenRPC, stubs, the pages' client) is made
from it.
"""
