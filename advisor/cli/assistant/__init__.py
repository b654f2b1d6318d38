"""What `advisor mcp` serves: tools over files, each a command in a process of its own, its JSON as the answer."""
