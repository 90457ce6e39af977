"""Whether a strategy's limits have room for a request, for how long not, and what it reserves meanwhile.

Start with `check.py`, the only place where a limit is judged; `rules.py` makes an owner's limits ready for it,
`windows.py` sums what was used. All limits of a strategy admit a request together or not at all.
"""
