"""Formats that a report and the gate's result have in common, one module each: `render(told) -> str`."""
