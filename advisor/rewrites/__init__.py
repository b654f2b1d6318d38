"""Statements that do the same with less: built from the parse tree, and proven on rows before anybody sees them."""
