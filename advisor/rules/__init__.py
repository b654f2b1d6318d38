"""Workload, shapes, catalog and proposals in, findings out: one rule a file, found by discovery."""
