"""Live: a running server's catalog to values.

In: a connection (production's, the twin's). Out: `Schema`, `Statistics` and the records that exports write.
Invariant: only reads, in one read-only transaction with timeouts, without superuser.
"""
