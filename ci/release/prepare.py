"""Makes a checkout ready to be released as TAG, or says what is amiss; standard library only.

Reads TAG (`v1.2.3`) and REPOSITORY (the web address of the repository). The version of the package must be
the tag's, CHANGELOG.md must have its section, and no fragment may be left. Then the README's links are made absolute,
since an index shows it where the repository's files are not, and `notes.md` gets the section of the changelog.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path


def amiss(folder: Path, version: str) -> str | None:
    """Return why this version cannot be released from the checkout, `None` when it can."""
    said = re.search(r'^__version__ = "([^"]+)"', (folder / "advisor/__init__.py").read_text(encoding="utf-8"), re.M)
    if said is None or said[1] != version:
        return f"advisor/__init__.py says {said[1] if said else 'no version'}, the tag says {version}"
    if section(folder, version) is None:
        return f"CHANGELOG.md has no section ## {version}: run towncrier build --version {version}"
    if left := sorted(path.name for path in (folder / "changes").glob("*.*.md")):
        return f"fragments are left in changes/: {', '.join(left)}"
    return None


def section(folder: Path, version: str) -> str | None:
    """Return what the changelog says of a version, without its heading."""
    text = (folder / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(version)}\b[^\n]*\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return found[1].strip() + "\n" if found else None


def absolute(text: str, repository: str, tag: str) -> str:
    """Return Markdown whose links into the repository lead there from anywhere."""
    return re.sub(
        r"\]\((?!https?://|#)([^)\s]+)\)",
        lambda link: f"]({repository}/{'raw' if link[1].endswith('.png') else 'blob'}/{tag}/{link[1]})",
        text,
    )


def main(folder: Path) -> int:
    """Prepare the checkout; return 1 when it cannot be released."""
    tag, repository = os.environ["TAG"], os.environ["REPOSITORY"]
    version = tag.removeprefix("v")
    if reason := amiss(folder, version):
        print(f"error: {reason}", file=sys.stderr)
        return 1
    readme = folder / "README.md"
    readme.write_text(absolute(readme.read_text(encoding="utf-8"), repository, tag), encoding="utf-8")
    (folder / "notes.md").write_text(section(folder, version) or "", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
