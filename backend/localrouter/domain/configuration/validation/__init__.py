"""What the parts of a configuration must obey together, with the sentence that its owner needs.

Start with `validation.py`, which asks all the others. A finding either refuses the document or warns about it;
it never depends on what providers list at this moment.
"""
