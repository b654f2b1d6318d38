"""One module a format: `render(report) -> str` and, where it differs, `SUFFIX`."""
