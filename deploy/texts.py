"""`texts`: brings the English catalogues in line with the Dutch of the templates, and lists what has no English yet."""

import argparse
from pathlib import Path

from babel.messages.catalog import Catalog

from deploy.local.programs import ROOT
from services.shared.screens.pages import SHARED_ROOM
from services.shared.screens.texts import ENGLISH_FILE, untranslated, update_catalogue, written


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`texts` has no options."""


def run(_: argparse.Namespace) -> int:
    """Writes the catalogues. Exit code 1 when a text has no English."""
    missing = []
    for room, catalogue in catalogues().items():
        file = room / ENGLISH_FILE
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(written(catalogue))
        missing += [f"{file.relative_to(ROOT)}: {text}" for text in untranslated(catalogue)]
    print("\n".join(missing) if missing else "every text has its English")
    return 1 if missing else 0


def catalogues() -> dict[Path, Catalog]:
    """The English of every folder with templates, as it should stand; what all share is translated once."""
    found = {folder.parent for top in ("services", "deploy") for folder in (ROOT / top).rglob("templates")}
    shared = update_catalogue(SHARED_ROOM)
    return {SHARED_ROOM: shared} | {room: update_catalogue(room, shared) for room in sorted(found - {SHARED_ROOM})}
