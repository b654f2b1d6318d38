"""Filtering: what of the inputs counts, as the user asked.

In: rows of a log's block, rows of an export, a workload. Out: the same without what was to be left out, and how much
that was, by reason. Invariant: whether an execution is left out depends on itself alone, so a log may be cut anywhere.
"""
