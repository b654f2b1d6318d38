"""A dump, a snapshot folder or a live URL in, schema and statistics out."""
