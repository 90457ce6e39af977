"""The configuration document: its shape, its text, its versions, and the snapshot that requests read.

Start with `config.py`. A document is only ever replaced as a whole: an edit is a function from one
configuration to the next, `validation` judges the result, and nothing that fails validation may come into
force.
"""
