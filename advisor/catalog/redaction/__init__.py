"""Redaction: a snapshot without production's values.

In: a `Snapshot`. Out: one that plans the same where values do not matter, and notes on what it lost. Invariant: no
value of a table survives, in statistics, defaults, statements or comments.
"""
