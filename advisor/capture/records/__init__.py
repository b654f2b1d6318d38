"""Record readers: one module per log format, found by discovery.

A module offers `NAME`, `sniff(head) -> float` and `reader(head, prefix) -> Reader`.
"""
