"""Loops, understood: what the families NPO, BAT, CAC and SQL know of repeated queries.

In: the loops of a workload, shapes, the schema. Out: `Problem`s with child and parent named, their evidence and the
remedy for the library that wrote them. Invariant: no rule is defined here, and no family imports from another.
"""
