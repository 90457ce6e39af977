"""Rules that the parts of a configuration must obey together, each with a sentence for its owner.

Start with `validation.py`, which calls all the others. A finding either refuses the document or warns about it;
it never depends on what providers list at the moment.
"""
