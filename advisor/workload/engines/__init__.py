"""Engines: a log cut into blocks, each read on one core, the results joined in the order of the log.

In: a stream of bytes and what reads its records. Out: one `Partial` and one set of observations for the whole log.
Invariant: one process, several, and a Dask cluster give the same bytes; no worker outlives its parent.
"""
