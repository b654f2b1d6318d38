"""Project: a team's Alembic checkout as it lies there.

In: its configuration file. Out: script directory, revisions, and what `env.py` and the template do. Invariant: all of
it is read, nothing of it is run or imported.
"""
