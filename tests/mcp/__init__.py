"""`advisor mcp`, as the official SDK's client sees it."""
