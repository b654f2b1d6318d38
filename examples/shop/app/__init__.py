"""A shop: customers and their orders."""
