"""What providers' error answers mean: structured codes first, then statuses, then fixed phrases.

Start with `classify.py`, which every provider dialect asks. `details.py` takes a body apart; `codes.py`, `phrases.py`
and `refusals.py` are tables. `refused_fields.py` knows without which field a call may be made once more. Text that
could echo a prompt must never decide.
"""
