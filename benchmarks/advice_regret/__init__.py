"""Regret of the advice on random systems, with real builds and real run times as the truth; see `__main__`."""
