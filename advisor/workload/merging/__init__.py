"""Merging: sums to the queries of one `Workload`, and several workloads to one.

In: partials of logs, workloads of exports and of files. Out: one `Workload`, its queries in a fixed order under
stable ids. Invariant: no execution counts twice, and none is dropped without being counted as left out.
"""
