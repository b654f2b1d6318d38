"""Planned: today's plans in the form a baseline keeps.

In: statements and the twin with the pending revisions. Out: plans with their shape, cost at worst, tables and
indexes. Invariant: same statement and statistics, same bytes.
"""
