"""Servers: a private PostgreSQL that is made, started and removed by us.

In: server binaries and settings. Out: a running `Host` and the rights of its roles. Invariant: whatever ends this
process, no server, folder, container or database of ours stays behind.
"""
