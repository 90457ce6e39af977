"""What every strategy used and holds reserved: where requests are admitted and settled.

Start with `ledger.py`; `journal.py` is what survives a kill. A line is in the journal before its call is
dispatched, so usage is never less than what was reserved for it.
"""
