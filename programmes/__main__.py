"""For who writes a programme: check a file, release a version, publish the schema."""

import argparse
import sys
from pathlib import Path

from programmes.load import PACKAGED, content_hash, load, read
from programmes.origins import without_origin
from programmes.problems import ProgrammeError
from programmes.publish import publish
from programmes.releases import release
from programmes.schema import Programme
from programmes.words import read_words, words_files


def main(arguments: list[str]) -> int:
    """Run one command; 0 when all is well, 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m programmes", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="say what is wrong with a programme file")
    check.add_argument("file", type=Path)
    releasing = commands.add_parser("release", help="fix a version: from now on it never changes")
    releasing.add_argument("programme_id")
    releasing.add_argument("version", type=int)
    releasing.add_argument("--directory", type=Path, default=PACKAGED)
    commands.add_parser("schema", help="write schema.json")
    chosen = parser.parse_args(arguments)
    try:
        sys.stdout.write(_run(chosen) + "\n")
    except (ProgrammeError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run(chosen: argparse.Namespace) -> str:
    if chosen.command == "schema":
        return f"written: {publish()}"
    if chosen.command == "release":
        programme = load(chosen.programme_id, chosen.version, chosen.directory)
        _languages(programme, chosen.directory / programme.id / f"{programme.version}.toml")
        release(chosen.directory, programme.id, programme.version, content_hash(programme))
        return f"released: {programme.id} {programme.version}"
    programme = read(chosen.file)
    languages = _languages(programme, chosen.file)
    open_values = "".join(f"\n  {place}" for place in without_origin(programme))
    note = f"\nvalues without a ground or an assumption:{open_values}" if open_values else ""
    return f"{chosen.file}: {programme.name.nl}, version {programme.version}, in {languages}, is well formed{note}"


def _languages(programme: Programme, file: Path) -> str:
    """The languages that a version can be shown in; raises ProgrammeError for words that are wrong."""
    others = [read_words(programme, language, beside).language for language, beside in words_files(file).items()]
    return ", ".join((programme.language, *others))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
