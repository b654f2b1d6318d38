"""Events and rows in, one workload out: normalising, weighing, merging, saving."""
