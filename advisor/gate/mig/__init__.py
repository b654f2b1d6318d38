"""MIG: what pending migrations do to tables in use, one rule a module; each statement was run on the twin."""
