"""The twin: a throw-away server with production's schema and planner inputs but not one row, and costing on it."""
