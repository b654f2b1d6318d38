"""Synthetic rows: a snapshot's statistics in, a database with rows out that ANALYZE describes alike.

One seed, one snapshot: always the same rows. Nothing of production's is in them but what its statistics say.
"""
