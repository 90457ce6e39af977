"""Paths that programs call and nobody serves here: what each is told, in a shape that its SDK shows to its user.

Start with `paths.py`, which knows whose path it is and which setting helps. `shapes.py` writes the error.
`near_misses.py` finds the served path that one was meant to be, `spoken.py` the dialect in which a path is refused
before its request is read. No sentence here may promise an endpoint: the caller knows which are served.
"""
