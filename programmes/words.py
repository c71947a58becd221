"""A programme in the reader's language: its own words, in files beside its versions that change no rule."""

import json
import logging
import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from programmes.lines import line_of
from programmes.load import PROGRAMMES_KEPT, directory_in_use, load, text_of
from programmes.origins import as_file, find
from programmes.problems import Place, Problem, ProgrammeError
from programmes.schema import Programme, Text
from services.shared.types import Code

SPOKEN = frozenset({"name", "text", "explanation", "question", "supporter-title", "buddy-title"})
"""The keys of a programme file that hold words for people."""
NOT_TOLD = frozenset({"name", "summary", "grounds", "assumptions"})
"""Sections without words of their own here: in Dutch and English already, or for who writes the file."""
_WORDS_FILE = re.compile(r"^([1-9]\d{0,5})\.([a-z]{2,3})\.toml$")

type Stamp = tuple[int, int]

_log = logging.getLogger(__name__)


class Words(BaseModel):
    """A words file: the programme's words in one language, and which of them are names that stay as they are."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    unchanged: tuple[str, ...] = Field(default=(), description="Places whose words are proper names, with all under.")
    words: dict[str, Text] = Field(default_factory=dict, description="Place in the programme's file: its words.")


def in_language(programme: Programme, language: str, directory: Path | None = None) -> Programme:
    """The programme with its words in a language; in Dutch where it has none in that language.

    Its rules, codes and version are the same. Words are no rules: a words file that is wrong stops no work. Then the
    programme stays in Dutch, and the log names what `python -m programmes check` names.
    """
    folder = directory or directory_in_use()
    words = words_file(folder, programme.id, programme.version, language)
    definition = folder / programme.id / f"{programme.version}.toml"
    if language == programme.language or not (
        _WORDS_FILE.match(words.name) and words.is_file() and definition.is_file()
    ):
        return programme
    stamps = _stamp(words), _stamp(definition)
    return _in_language(folder, programme.id, programme.version, language, stamps) or programme


def words_file(folder: Path, programme_id: Code, version: int, language: str) -> Path:
    """Where a version's words in a language stand: `2.en.toml` beside `2.toml`."""
    return folder / programme_id / f"{version}.{language}.toml"


def words_files(programme_file: Path) -> dict[str, Path]:
    """The words files beside a version's file, by language."""
    version = programme_file.name.removesuffix(".toml")
    beside = (_WORDS_FILE.match(path.name) for path in sorted(programme_file.parent.glob(f"{version}.*.toml")))
    return {match[2]: programme_file.parent / match[0] for match in beside if match and match[1] == version}


def read_words(programme: Programme, language: str, file: Path) -> Programme:
    """The programme in the words of a file; raises ProgrammeError with everything that is wrong in that file."""
    text = text_of(file)
    try:
        told = Words.model_validate_json(json.dumps(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeError(file, [Problem((), f"is not valid TOML: {error}")]) from error
    except ValidationError as error:
        wrong = [Problem(part["loc"], part["msg"], line_of(text, part["loc"])) for part in error.errors()]
        raise ProgrammeError(file, wrong) from error
    document = as_file(programme)
    if problems := list(_problems(document, told)):
        raise ProgrammeError(file, [Problem(each.place, each.reason, line_of(text, each.place)) for each in problems])
    for spelled, words in told.words.items():
        _put(document, find(document, spelled) or (), words)
    return Programme.told_in(language, json.dumps(document))


def spoken_places(document: dict[str, Any]) -> dict[Place, str]:
    """The places of a programme's file that hold words for people, each as a words file spells it."""
    return dict(_spoken(document, (), ""))


@lru_cache(maxsize=PROGRAMMES_KEPT)
def _in_language(
    folder: Path, programme_id: Code, version: int, language: str, _stamps: tuple[Stamp, Stamp]
) -> Programme | None:
    try:
        programme = load(programme_id, version, folder)
        return read_words(programme, language, words_file(folder, programme_id, version, language))
    except ProgrammeError as error:
        first, *others = error.problems
        _log.error("words refused: %s %s.%s: %s (and %s more)", programme_id, version, language, first, len(others))
        return None


def _problems(document: dict[str, Any], told: Words) -> Iterator[Problem]:
    spoken = spoken_places(document)
    names: set[Place] = set()
    for position, spelled in enumerate(told.unchanged):
        place = find(document, spelled)
        covered = {each for each in spoken if place is not None and each[: len(place)] == place}
        if not covered:
            yield Problem(("unchanged", position), f"`{spelled}`: no words stand at this place")
        names |= covered
    worded: dict[Place, str] = {}
    for spelled in told.words:
        place = find(document, spelled)
        if place is None or place not in spoken:
            yield Problem(("words", spelled), "no words stand at this place")
        elif place in names:
            yield Problem(("words", spelled), "is among the names that stay unchanged")
        elif place in worded:
            yield Problem(("words", spelled), f"says the same as `{worded[place]}`")
        else:
            worded[place] = spelled
    for place, spelled in spoken.items():
        if place not in names and place not in worded:
            yield Problem(("words", spelled), "has no words in this language, and is not among the names")


def _spoken(value: Any, place: Place, spelled: str) -> Iterator[tuple[Place, str]]:
    if isinstance(value, list):
        for position, below in enumerate(value):
            code = below.get("code", position) if isinstance(below, dict) else position
            yield from _spoken(below, (*place, position), f"{spelled}[{code}]")
    elif isinstance(value, dict):
        for key, below in value.items():
            if not place and key in NOT_TOLD:
                continue
            here = f"{spelled}.{key}" if spelled else key
            if key in SPOKEN and isinstance(below, str):
                yield (*place, key), here
            else:
                yield from _spoken(below, (*place, key), here)


def _put(document: Any, place: Place, words: str) -> None:
    for part in place[:-1]:
        document = document[part]
    document[place[-1]] = words


def _stamp(file: Path) -> Stamp:
    stat = file.stat()
    return stat.st_mtime_ns, stat.st_size
