"""Lines: what the readers of `capture/records/` share.

In: bytes of a log. Out: columns of times, sessions, severities and texts. Invariant: a whole block at a time, in
columns; every language of the server's messages is known.
"""
