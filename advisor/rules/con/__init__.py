"""Connections, waits and locks."""
