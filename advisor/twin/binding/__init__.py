"""Binding: a query to statements that can be planned.

In: a query, values seen in a log, planner statistics. Out: `Statement`s, each with its values, the role and settings
it runs under, and what the values rest on (`basis`). Invariant: a value that nobody saw is never called seen.
"""
