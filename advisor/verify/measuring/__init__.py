"""Measuring on rows: statements, a database as it is and a copy with revisions in; run times and verdicts out.

Both sides always run turn and turn about, so that a busy machine slows both; every statement is rolled back.
"""
