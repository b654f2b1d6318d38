"""Runs a rewrite beside its original on rows made to break it, before anybody sees it."""
