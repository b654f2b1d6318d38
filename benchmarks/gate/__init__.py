"""The gate against a loaded server: random shops, seeded changes, and what each change does to real run times."""
