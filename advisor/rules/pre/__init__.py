"""Planning time."""
