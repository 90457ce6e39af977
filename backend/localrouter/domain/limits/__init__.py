"""Whether a strategy's limits have room for a request, for how long not, and what it reserves meanwhile.

Start with `account.py`, where limits are checked; `backend/docs/limits.md` has an example. Nothing else may
check a limit, and nothing here may read a clock: times are seconds of one that never jumps, money is picodollars.
"""
