"""The deploy: what stands in a concurrent build's way on a live server, and how far a running one has come.

In: a live server, which is only read from, and the proposals that are to be built. Out: obstacles, and the state of
builds. No transaction here is kept longer than a query takes: a build would wait for it.
"""
