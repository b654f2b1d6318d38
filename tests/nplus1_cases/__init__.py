"""Small logs with one difficulty each, and what is right to say of them."""
