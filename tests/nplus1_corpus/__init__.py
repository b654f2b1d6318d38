"""A labelled corpus of N+1 loops and of what merely looks like them, made by real libraries on a real server."""
