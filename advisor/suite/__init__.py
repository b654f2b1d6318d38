"""The pytest plugin: the statements of each test with their call sites, their loops, a workload file for the gate."""
