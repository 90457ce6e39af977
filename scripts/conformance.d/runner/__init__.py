"""Runs other people's programs, unmodified, through LocalRouter, and keeps what came of it.

Read `__main__.py` first, then `suites.py` (what a suite is) and `routes.py` (what it runs through). A suite's program
learns everything from its environment and prints one line of JSON for each check. Nothing here may depend on one
program: what is particular belongs in its folder below `suites/`.
"""
