"""Replacing: which index can do everything that another does.

In: definitions of indexes. Out: whether a predicate implies another, which index makes another superfluous.
Invariant: in doubt the answer is no. No server is asked here.
"""
