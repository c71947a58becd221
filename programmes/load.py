"""Reads programme files, and refuses a wrong one with its file, place and reason."""

import difflib
import hashlib
import json
import os
import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from programmes.checks import problems_between_sections
from programmes.lines import line_of
from programmes.origins import as_file
from programmes.problems import Place, Problem, ProgrammeError
from programmes.releases import released_hash
from programmes.schema import Programme
from services.shared.types import CODE_PATTERN, Code

PACKAGED = Path(__file__).parent
DIRECTORY_VARIABLE = "KANSEN_PROGRAMMES_DIR"
"""The setting `programmes_dir` of a process, in its environment."""
FILE_BYTES_MAXIMUM = 1_000_000
PROGRAMMES_KEPT = 256

_UNKNOWN_KEY = "extra_forbidden"
_VERSION_FILE = re.compile(r"^([1-9]\d{0,5})\.toml$")


def load(programme_id: Code, version: int, directory: Path | None = None) -> Programme:
    """One version of a programme, from `directory` or else from the folder in use.

    Raises ProgrammeError when the file is absent, wrong, or a released version that has changed.
    """
    folder = directory or directory_in_use()
    file = folder / programme_id / f"{version}.toml"
    if not re.match(CODE_PATTERN, programme_id) or version not in versions(programme_id, folder):
        known = ", ".join(str(known) for known in versions(programme_id, folder)) or "none"
        raise ProgrammeError(file, [Problem((), f"there is no such version; versions of this programme: {known}")])
    stamp = file.stat()
    # The stamp makes a draft that was edited a new entry; a released version never changes.
    return _load(folder, programme_id, version, (stamp.st_mtime_ns, stamp.st_size))


def directory_in_use() -> Path:
    """A municipality's own folder of programmes if one is set, or else the programmes that come with the software."""
    own = os.environ.get(DIRECTORY_VARIABLE)
    return Path(own) if own else PACKAGED


def latest(programme_id: Code, directory: Path | None = None) -> Programme:
    """The highest version of a programme; raises ProgrammeError when there is none or it is wrong."""
    return load(programme_id, max(versions(programme_id, directory), default=1), directory)


def all_programmes(directory: Path | None = None) -> tuple[Programme, ...]:
    """The latest version of every programme, by id; raises ProgrammeError at the first wrong file."""
    folder = directory or directory_in_use()
    ids = sorted(path.name for path in folder.iterdir() if path.is_dir() and versions(path.name, folder))
    return tuple(latest(programme_id, folder) for programme_id in ids)


def versions(programme_id: Code, directory: Path | None = None) -> tuple[int, ...]:
    """The versions of a programme that have a file, lowest first."""
    folder = (directory or directory_in_use()) / programme_id
    if not re.match(CODE_PATTERN, programme_id) or not folder.is_dir():
        return ()
    return tuple(sorted(int(match[1]) for path in folder.iterdir() if (match := _VERSION_FILE.match(path.name))))


def content_hash(programme: Programme) -> str:
    """SHA-256 of what the file says, in hexadecimal: comments and layout do not count, every value does."""
    canonical = json.dumps(as_file(programme), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def read(file: Path) -> Programme:
    """A programme file wherever it stands, checked in itself; raises ProgrammeError with all that is wrong."""
    text = text_of(file)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeError(file, [Problem((), f"is not valid TOML: {error}")]) from error
    try:
        # Through JSON, so that lists and dates arrive while text never passes for a number.
        programme = Programme.model_validate_json(json.dumps(document, default=str))
    except ValidationError as error:
        raise ProgrammeError(file, [_located(_problem(part, document), text) for part in error.errors()]) from error
    if problems := problems_between_sections(programme):
        raise ProgrammeError(file, [_located(problem, text) for problem in problems])
    return programme


@lru_cache(maxsize=PROGRAMMES_KEPT)
def _load(folder: Path, programme_id: Code, version: int, _stamp: tuple[int, int]) -> Programme:
    file = folder / programme_id / f"{version}.toml"
    programme = read(file)
    problems = []
    if programme.id != programme_id:
        problems.append(Problem(("id",), f"is `{programme.id}`, but the folder is `{programme_id}`"))
    if programme.version != version:
        problems.append(Problem(("version",), f"is {programme.version}, but the file is `{version}.toml`"))
    if released_hash(folder, programme_id, version) not in (None, content_hash(programme)):
        problems.append(
            Problem((), "this version is released and has changed; undo the change, or write a new version")
        )
    if problems:
        raise ProgrammeError(file, problems)
    return programme


def text_of(file: Path) -> str:
    """The text of a file of bounded size; raises ProgrammeError where it cannot be read."""
    try:
        with file.open("rb") as stream:
            content = stream.read(FILE_BYTES_MAXIMUM + 1)
        if len(content) > FILE_BYTES_MAXIMUM:
            raise ProgrammeError(file, [Problem((), f"is larger than {FILE_BYTES_MAXIMUM} bytes")])
        return content.decode()
    except OSError as error:
        raise ProgrammeError(file, [Problem((), f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise ProgrammeError(file, [Problem((), "is not UTF-8 text")]) from error


def _problem(error: Any, document: dict[str, Any]) -> Problem:
    place = _place_in_file(error["loc"], document)
    if error["type"] != _UNKNOWN_KEY:
        return Problem(place, error["msg"])
    near = difflib.get_close_matches(str(place[-1]).replace("_", "-"), _known_keys(), n=1)
    return Problem(place, f"unknown key; did you mean `{near[0]}`?" if near else "unknown key")


def _place_in_file(location: Place, document: dict[str, Any]) -> Place:
    """The error's place without the names of alternatives that pydantic adds between the file's own keys."""
    place: list[str | int] = []
    here: Any = document
    for position, part in enumerate(location):
        below = here[part] if _stands_in(part, here) else None
        if below is None and position < len(location) - 1:
            continue
        place.append(part)
        here = below
    return tuple(place)


def _stands_in(part: str | int, here: Any) -> bool:
    return (isinstance(here, dict) and part in here) or (
        isinstance(here, list) and isinstance(part, int) and part < len(here)
    )


@lru_cache(maxsize=1)
def _known_keys() -> tuple[str, ...]:
    schema = Programme.model_json_schema()
    parts = [schema, *schema["$defs"].values()]
    return tuple(sorted({key for part in parts for key in part.get("properties", {})}))


def _located(problem: Problem, text: str) -> Problem:
    return Problem(problem.place, problem.reason, line_of(text, problem.place))
