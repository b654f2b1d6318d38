"""Costing: what each query costs under sets of candidates.

In: candidates on the twin, queries with their weight. Out: costs of the planner and of the time model, and the sets
worth considering per query (configurations). Invariant: each question is asked once; a cost is always the planner's
cost of a whole plan.
"""
