"""Whether a strategy's limits have room for a request, for how long not, and what it reserves meanwhile.

`backend/docs/limits.md` has an example and the reading order; limits are checked in `account.py`. Nothing else may
check a limit, and nothing here may read a clock: times are seconds of one that never jumps, money is picodollars.
"""
