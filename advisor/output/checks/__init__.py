"""Formats of the gate's result, one module each: `render(result) -> str`."""
