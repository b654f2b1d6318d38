"""Loops: executions to units of work, and units of work to loops (N+1).

In: the executions of one block, as steps of their sessions. Out: loop sums and unit sizes, which the workload keeps
as `Loop` and `UnitSizes`. Invariant: a unit of work that a cut between blocks went through gives the same loops as an
uncut one; what is not complete yet is handed on as a fragment.
"""
