"""Writes worth batching."""
