"""The list of released versions, whose content never changes again: families pin them for years."""

from pathlib import Path

from services.shared.types import Code

LIST_NAME = "versions.lock"
"""One line a version: programme id, version, content hash."""


def released_hash(directory: Path, programme_id: Code, version: int) -> str | None:
    """The content hash under which a version was released, or None while it is a draft."""
    return released(directory).get((programme_id, version))


def released(directory: Path) -> dict[tuple[Code, int], str]:
    """All released versions of a directory; empty where it has no list."""
    file = directory / LIST_NAME
    if not file.is_file():
        return {}
    lines = [line.split() for line in file.read_text().splitlines() if line.strip()]
    return {(programme_id, int(version)): digest for programme_id, version, digest in lines}


def release(directory: Path, programme_id: Code, version: int, content_hash: str) -> None:
    """Add a version to the list; raises ValueError when it was released with other content."""
    known = released(directory)
    if known.get((programme_id, version), content_hash) != content_hash:
        raise ValueError(f"{programme_id} {version} is released with other content; write a new version")
    known[programme_id, version] = content_hash
    lines = [f"{code} {number} {digest}\n" for (code, number), digest in sorted(known.items())]
    (directory / LIST_NAME).write_text("".join(lines))
