"""Statements written so that no index can help them."""
