"""Random programs over random schemas that count their own loops, run against a real server."""
