"""Counting: executions to sums per text.

In: the rows of one block of a log. Out: `Partial`s, which hold for each text and moment what was counted. Invariant:
adding two partials is exact and does not depend on order, so a log may be cut anywhere and read on any number of
cores.
"""
