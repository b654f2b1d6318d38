"""Sizes: how large an index would be.

In: a definition and planner statistics. Out: bytes and pages, per access method. Invariant: arithmetic only, after
what `CREATE INDEX` writes; nothing is built and no server is asked.
"""
