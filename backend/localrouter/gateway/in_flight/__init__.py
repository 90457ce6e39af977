"""One request while it is served: what arrived, what was tried, what it reserves of its limits, the record it leaves.

Start with `request.py`; each module beside it owns one part. Nothing else may record a request or settle its
reservation, or a limit would count it twice.
"""
