"""The paths that programs call for models.

Start with `requests.py`. Only `request_body.py` reads a body, and counts it before it is parsed. What a body means and
how an answer is written is up to the dialect of the path.
"""
