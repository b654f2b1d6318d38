"""Queries, twin and baseline in, plan verdicts out."""
