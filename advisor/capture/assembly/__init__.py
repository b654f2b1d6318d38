"""Assembly: log records to executions.

In: a `RecordBlock`. Out: executions with text, duration and bound values, and the messages beside them. Invariant:
each execution counts once, whatever the protocol logged about it.
"""
