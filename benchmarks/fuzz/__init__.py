"""A fuzzer of everything that reads what others wrote: mutated files in, an answer or one clear error out."""
