"""Findings, proposals, proofs and verdicts in, text for people and machines out: one format a file."""
