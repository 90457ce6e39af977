"""Wire formats, pure: bytes and values in, bytes and values out.

`contract.py` says what a dialect must do, `presets.py` is the list of known providers. A dialect knows no
network, no configuration and no other dialect.
"""
