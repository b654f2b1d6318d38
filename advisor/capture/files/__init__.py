"""Files: paths, globs, archives and remote objects to byte streams.

In: names. Out: streams of what is inside, unpacked and decoded. Invariant: memory is bounded whatever an archive
claims to hold, and every part left out is counted.
"""
