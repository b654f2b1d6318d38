"""Where statements come from, one library a module: `LIBRARY`, the module whose import makes it worth installing, and
`install(record)`, which returns what takes it back.
"""
