"""Shaping: a bound statement to its `QueryShape`.

In: the `State` that binding left. Out: per table its predicates, joins, orders and outputs, free of parse nodes.
Invariant: a condition is handed to a table only where the planner may use it there.
"""
