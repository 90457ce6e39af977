"""What providers' error answers mean: structured codes first, then statuses, then fixed phrases.

Start with `classify.py`, which every provider dialect asks. `details.py` takes a body apart; `codes.py`, `phrases.py`
and `refusals.py` are tables. Text that could echo a prompt must never decide.
"""
