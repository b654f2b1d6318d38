"""Every version that teams run, each property of the whole line on it: 13, 15 and 17 in containers, 16 and 18 from wheels, 14.

`make matrix` runs it with an engine (`tests/engine`) and prints the table. What cannot be had here is skipped with its reason.
"""
