"""Where families are met: what a programme names itself, and the places that all programmes have."""

import json
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from programmes.lines import line_of
from programmes.load import PACKAGED, directory_in_use, text_of
from programmes.problems import Problem, ProgrammeError
from programmes.schema import DUTCH, ChannelKind, OutreachChannel, Programme, Section, Translated
from services.shared.types import Code

FILE_NAME = "places.toml"
"""Beside the programmes; a municipality's own folder may have its own, or else those of the software hold."""
ANY_OTHER: Code = "other-place"
"""The place of who was met at none of the others: whoever offers a choice puts it last."""
PLACES_MAXIMUM = 30
FOLDERS_KEPT = 64


class CommonPlace(Translated):
    """A place where families of any programme are met."""

    code: Code


class Places(Section):
    """The file of places that all programmes have."""

    places: Annotated[tuple[CommonPlace, ...], Field(max_length=PLACES_MAXIMUM)]


def channels(programme: Programme, directory: Path | None = None) -> tuple[OutreachChannel, ...]:
    """Everything a family can be met through in a programme: its own first, then the places that all have.

    In the language of the programme's words. What all have is places: whoever looks for partners, or for how a family
    signs up itself, reads the programme's own `outreach`. Raises ProgrammeError for a file of places that is wrong.
    """
    named = {channel.code for channel in programme.outreach}
    common = (place for place in common_places(directory) if place.code not in named)
    return (*programme.outreach, *(_channel(place, programme.language) for place in common))


def common_places(directory: Path | None = None) -> tuple[CommonPlace, ...]:
    """The places that all programmes have, in the order of their file."""
    own = (directory or directory_in_use()) / FILE_NAME
    file = own if own.is_file() else PACKAGED / FILE_NAME
    stat = file.stat()
    return _read(file, (stat.st_mtime_ns, stat.st_size))


def _channel(place: CommonPlace, language: str) -> OutreachChannel:
    return OutreachChannel(code=place.code, name=place.nl if language == DUTCH else place.en, kind=ChannelKind.PLACE)


@lru_cache(maxsize=FOLDERS_KEPT)
def _read(file: Path, _stamp: tuple[int, int]) -> tuple[CommonPlace, ...]:
    text = text_of(file)
    try:
        places = Places.model_validate_json(json.dumps(tomllib.loads(text))).places
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeError(file, [Problem((), f"is not valid TOML: {error}")]) from error
    except ValidationError as error:
        wrong = [Problem(part["loc"], part["msg"], line_of(text, part["loc"])) for part in error.errors()]
        raise ProgrammeError(file, wrong) from error
    codes = [place.code for place in places]
    if twice := [at for at, code in enumerate(codes) if code in codes[:at]]:
        raise ProgrammeError(file, [Problem(("places", at), f"`{codes[at]}` stands here before") for at in twice])
    return places
