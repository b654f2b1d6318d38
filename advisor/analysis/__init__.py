"""Query text and schema in, query shape out: the only package that touches pglast's nodes."""
