"""Snapshots: the folder with schema, statistics and settings.

In: a live server, a schema dump, a folder. Out: a `Snapshot`, or its files. Invariant: same snapshot, same bytes;
what a file may hold is a type, and what is wrong in it is named with file and line.
"""
