"""Turns marked functions into commands with parameters, results and errors, and collects them in a registry.

Start with `registry.py`. Everything that names a command (dispatch, OpenRPC, stubs, the pages' client) is generated
from it.
"""
