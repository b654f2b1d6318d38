"""N+1 and chatty access."""
