"""The manual says everything, nothing else, and every command block in it runs."""
