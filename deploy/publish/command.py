"""`publish`: writes the published documents, or says with `--check` which of them are no longer what the code says."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from deploy.local.programs import ROOT
from deploy.publish.documents import documents
from deploy.publish.schemas import breaking_changes

FOLDER = ROOT / "docs" / "api"
EVENTS = "events/"
FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Write, or only check."""
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not current")


def run(arguments: argparse.Namespace) -> int:
    """Refuses to write over an event that others rely on with one that breaks them."""
    made = asyncio.run(documents())
    problems = broken_promises(made, FOLDER)
    if arguments.check:
        problems += not_current(made, FOLDER)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return FAILED
    if not arguments.check:
        write(made, FOLDER)
        print(f"{len(made)} documents in {FOLDER.relative_to(ROOT)}")
    return 0


def broken_promises(made: dict[str, str], folder: Path) -> list[str]:
    """Events that were published and that this code changes in a way that breaks consumers, or no longer knows."""
    problems = []
    for file in sorted((folder / EVENTS).glob("*.schema.json")):
        kind = file.name.removesuffix(".schema.json")
        new = made.get(f"{EVENTS}{file.name}")
        if new is None:
            left = f"delete docs/api/{EVENTS}{file.name} once no consumer is bound to it"
            problems.append(f"{kind}: the event is gone; keep it, and {left}")
            continue
        changes = breaking_changes(json.loads(file.read_text()), json.loads(new))
        problems += [f"{kind}: {change}; make it a new version of the event (version=2)" for change in changes]
    return problems


def not_current(made: dict[str, str], folder: Path) -> list[str]:
    """Files that are absent, differ, or are left over."""
    there = {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*.json")}
    return [
        f"docs/api/{name} is not what the code says: run ./kansen publish"
        for name in sorted(made.keys() | there.keys())
        if made.get(name) != there.get(name)
    ]


def write(made: dict[str, str], folder: Path) -> None:
    """Write every document."""
    for name, content in made.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
