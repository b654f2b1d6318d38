"""Two captures compared, and verdicts after a deploy, in; text, JSON and OpenMetrics out."""
