"""Running: a team's revisions on a database of ours, in a process of their own.

In: revision files and a scratch database. Out: what they did, or which line of which one failed. Invariant: the
team's `env.py` never runs; the process sees neither our environment nor any other database, and ends at its deadline.
"""
