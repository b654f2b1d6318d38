"""The twin: a throw-away server with production's schema and planner inputs but not one row, and costing on it."""

import logging

# psycopg warns about every pipeline that ends in an error; here such errors are answers, and are reported as such.
logging.getLogger("psycopg").addHandler(logging.NullHandler())
