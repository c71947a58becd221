"""Which build of Kansen a worker runs: Temporal notes it beside everything that the worker did."""

import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("services", "workflows", "programmes")
LOCK = "requirements.lock"
DIGITS = 32


@cache
def build_id(root: Path = ROOT) -> str:
    """`DIGITS` hexadecimal digits: the same wherever the same code runs with the same locked packages.

    Said by ourselves, because what Temporal's SDK finds out by itself reads every imported module once more: seconds of
    every start.
    """
    digest = hashlib.sha256()
    for file in [*sorted(path for folder in CODE for path in (root / folder).rglob("*.py")), root / LOCK]:
        if file.exists():
            digest.update(f"{file.relative_to(root)}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:DIGITS]
