"""What `advisor demo` shows: an example system, its data, its application and what it did."""
