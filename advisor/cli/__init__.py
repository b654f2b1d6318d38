"""Arguments in, exit status out: one thin module a command, imported only when it runs."""
