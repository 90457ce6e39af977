"""JSON bodies: the odd ones, and those too large to be parsed carelessly.

`reading.py` reads the top of a program's body, `as_written.py` the bodies that a strict parser refuses or rounds,
`lenient.py` the answers of servers. `weight.py` counts what a text would cost before anybody parses it,
`number_lists.py` reads long lists of numbers without making objects of them, `refusals.py` says what is too much. No
step here may hold the interpreter's lock for more than a millisecond.
"""
