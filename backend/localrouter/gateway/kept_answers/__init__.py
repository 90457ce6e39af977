"""Answers that providers keep under ids: who made which, and what programs ask of them later.

Start with `made.py`. Nothing of an answer is kept here but its id.
"""
