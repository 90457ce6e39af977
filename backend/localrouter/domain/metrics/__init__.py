"""What is recorded of a request, and how records add up.

Start with `samples.py`: one sample per request, one row per attempt. The five tiers are sums of the same
samples, so they can never disagree.
"""
