"""What makes a plan bad without any accepted one beside it: one rule a file, each with `find(subject)`."""
