"""Exports: readings of counters to a workload.

In: the rows of `StatementExport`s (pg_stat_statements and its relatives). Out: a `Workload` whose texts the server
can plan again. Invariant: counters of the same server and query are subtracted, never added, when they were read
twice.
"""
