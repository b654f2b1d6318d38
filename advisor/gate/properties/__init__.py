"""What the gate watches: one property a file, each with `check(comparison)` that yields verdicts."""
