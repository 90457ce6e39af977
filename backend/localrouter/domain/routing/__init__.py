"""What a request does next, and why: the decision, the kinds of failure, what an attempt leaves, and the trace.

Start with `decide.py`. The decision is pure: `explain_route` runs the same code with nobody called, and the two
must never differ.
"""
