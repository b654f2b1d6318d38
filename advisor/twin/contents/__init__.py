"""Contents: what the planner reads instead of rows.

In: the statistics and sizes of a snapshot. Out: rows of `pg_class`, `pg_statistic` and extended statistics, files of
the right number of blocks, and index pages that hold the real ends. Invariant: the planner finds on the twin what it
finds in production, and no row of production's is stored.
"""
