"""The built pages, served below `/ui/`.

Files are read once, at start; a path can only name one of them.
"""
