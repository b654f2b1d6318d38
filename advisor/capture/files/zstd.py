"""Zstandard as Python's own library has it from 3.14 on; before, its authors' backport, or the older `zstandard`."""

import sys
from typing import TYPE_CHECKING, Any

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdError, ZstdFile, compress
elif TYPE_CHECKING:
    from backports.zstd import ZstdError, ZstdFile, compress
else:
    try:
        from backports.zstd import ZstdError, ZstdFile, compress
    except ModuleNotFoundError:  # an environment made before the lock held it
        import zstandard
        from zstandard import ZstdError

        def ZstdFile(stream: Any) -> Any:
            """Return a stream without its compression."""
            return zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True)

        def compress(data: bytes, level: int | None = None) -> bytes:
            """Return the data compressed."""
            return bytes(zstandard.ZstdCompressor(level=level or 3, write_content_size=True).compress(data))


__all__ = ["ZstdError", "ZstdFile", "compress"]
