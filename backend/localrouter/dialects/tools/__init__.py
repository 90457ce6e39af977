"""What servers of every dialect want of tools: schemas that they take, and calls with their results in order.

`schemas.py` writes the parameters of a tool and the format of an answer, `turns.py` the ids and places of calls and
results.
"""
