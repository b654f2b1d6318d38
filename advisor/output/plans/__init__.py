"""Plans as readers see them.

In: plans of the twin, and what was tried for a query. Out: their lines of text, their JSON, the answer of `--explain`.
Nothing here asks a server; the same plan gives the same lines.
"""
