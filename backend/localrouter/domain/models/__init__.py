"""What is known of a model: windows, capabilities, price, and on which terms its provider answers.

Start with `info.py`. What nobody knows is None, never 0: a price of 0 is a statement.
"""
