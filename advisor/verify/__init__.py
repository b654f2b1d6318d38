"""Revisions and a throw-away server in, proof out."""
