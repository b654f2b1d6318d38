"""What a rendered text becomes on a terminal.

In: text with lines of any length. Out: the same folded to a width, with severities coloured where colours are seen.
Nothing here knows what the text is about; with `--full` it goes through as it is.
"""
