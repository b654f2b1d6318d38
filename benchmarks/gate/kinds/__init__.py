"""Kinds of changes, one module for each place where a change is made; importing them registers the kinds."""

from benchmarks.gate.kinds import production, revisions, statements

__all__ = ["production", "revisions", "statements"]
