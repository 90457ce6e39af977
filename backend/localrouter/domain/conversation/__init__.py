"""A model request and its answer in neutral terms, whatever dialect they came in by.

Start with `request.py`, which is all that routing needs. Where a program and a provider speak different dialects,
`conversation.py` holds what is asked, of the parts in `parts.py`; `reply.py` holds what is answered, whole or piece by
piece. Nothing here may know how a wire format spells its fields.
"""
