"""The straight line as functions: what commands and `advisor.api` have in common.

In: a workload, a snapshot, what the user asks. Out: a workload analysed on its twin, a report, the inputs of the
gate. Invariant: nothing of the command line is known here, and nothing is printed but progress.
"""
