"""Reads worth caching."""
