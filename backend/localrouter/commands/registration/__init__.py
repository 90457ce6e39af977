"""Turns marked functions into commands: their parameters, results and errors, and the list of them all.

Start with `registry.py`. Everything that names a command (dispatch, OpenRPC, stubs, the pages' client) is generated
from it.
"""
