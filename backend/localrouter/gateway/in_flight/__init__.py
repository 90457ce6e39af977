"""One request while it is served: what arrived, what it has tried, what it holds of its limits, the record it leaves.

Start with `request.py`; each part beside it owns its own piece. Nothing else may record a request or settle what it
holds, or a limit would count it twice.
"""
