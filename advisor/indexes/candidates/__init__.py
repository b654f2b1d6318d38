"""Candidates: what candidate passes read and write.

In: shapes of queries, the schema, statistics. Out: `Need`s, `Candidate`s, and what a key would do to writes that it
cannot hold. Invariant: pure functions; a candidate is a definition only, without size or cost.
"""
