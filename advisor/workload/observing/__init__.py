"""Observing: what a log shows besides its queries.

In: the events of a log's blocks, in the order of the log. Out: repeated reads, connections, lock waits and spills,
and what the logging settings hid. Invariant: sums are integers, so that the number of cores changes no digit.
"""
