"""Envelopes: one module per transport that wraps log lines, found by discovery (see `advisor.capture.envelope`)."""
