"""Statistics the planner lacks."""
