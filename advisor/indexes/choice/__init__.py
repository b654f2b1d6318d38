"""Choice: which candidates are worth building, and which indexes can go.

In: costed configurations, write costs, the user's limits. Out: `Proposal`s with their evidence, and for every heavy
query without one a reason. Invariant: what is chosen was checked against the planner as a whole, not only index by
index.
"""
