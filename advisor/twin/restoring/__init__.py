"""Restoring: a schema dump to objects on the twin.

In: the text of a dump. Out: its schemas, types, tables, indexes, functions and roles, and notes on what was left out.
Invariant: nothing of a dump runs with more rights than the owner of the twin has, and what cannot be made is named.
"""
