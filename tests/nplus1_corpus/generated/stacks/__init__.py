"""One module a library: each turns the same few operations into the SQL that library writes, on one connection."""
