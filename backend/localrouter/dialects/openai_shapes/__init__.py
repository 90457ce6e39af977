"""What OpenAI's wire formats share: how errors and models are told, how pictures travel.

Start with `errors.py`. The dialects of OpenAI are built on this folder, which knows none of them.
"""
