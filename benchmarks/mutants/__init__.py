"""Mutation testing: small faults put into a module one at a time; how many do the nearest tests notice?"""
