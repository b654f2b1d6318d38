"""Costing: what the planner would do if these indexes existed and those did not.

In: statements and candidate indexes. Out: plans and costs, through `WhatIf`. Invariant: the twin is after each
question as it was before; indexes are real but invalid until a question turns them on, and the answer is the
planner's own.
"""
