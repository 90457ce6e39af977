"""A model request as the router sees it, whatever dialect it came in by.

Start with `request.py`. Nothing here may know how a wire format spells its fields.
"""
