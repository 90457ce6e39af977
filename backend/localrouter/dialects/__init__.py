"""Wire formats, pure: bytes and values in, bytes and values out.

Start with `contract.py`: what the router needs of a dialect that programs speak, and of one that providers speak.
`registry.py` lists all of them, `presets.py` the known providers, whose rows are in `known_providers/`. What a server
lacks, `adapters/` tell it in another way. A dialect knows no network, no configuration and no other dialect; only the
registry may name one.
"""
