"""The paths that programs call for models.

Start with `requests.py`. The body of a request is read in `request_body.py` alone, counted before it is parsed.
"""
