"""Bytes in, events out: reads server logs and statement exports in every form they reach a file.

Layers, each free to combine with any other: decompression → envelope → record reader → statement assembly.
"""
