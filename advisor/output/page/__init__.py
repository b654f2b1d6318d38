"""The HTML report: one self-contained file.

In: reports as `read_report` reads them, so that saved ones work. Out: a page whose every text went through
`escaped.shown`, that loads nothing, and that says everything without its script. Which figure stands where is decided
in these modules; the templates only place it.
"""
