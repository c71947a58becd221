"""What programmes and areas are called, in the reader's language."""

from dataclasses import dataclass

from programmes.load import all_programmes
from programmes.words import in_language
from services.shared.screens.language import DUTCH
from services.shared.types import Code


@dataclass(frozen=True, kw_only=True)
class PlaceNames:
    """Names by code; a code that no programme knows any more stands for itself."""

    programmes: dict[Code, str]
    areas: dict[Code, dict[Code, str]]
    """Of an area, by programme: two municipalities may both have one that is called `elsewhere`."""

    def programme(self, code: Code) -> str:
        return self.programmes.get(code, code)

    def area(self, code: Code, programme: Code = "") -> str:
        """As the programme calls it; without one, as every programme does that has it."""
        names = self.areas.get(code, {})
        return names.get(programme) or " / ".join(dict.fromkeys(names.values())) or code


def place_names(language: str) -> PlaceNames:
    """Of the programmes that are in use."""
    known = [in_language(each, language) for each in all_programmes()]
    dutch = language == DUTCH
    areas: dict[Code, dict[Code, str]] = {}
    for each in known:
        for area in each.areas:
            areas.setdefault(area.code, {})[each.id] = area.name
    return PlaceNames(
        programmes={each.id: each.name.nl if dutch else each.name.en for each in known},
        areas=areas,
    )


def need_names(programme: Code, language: str) -> dict[Code, str]:
    """What a programme calls what can be asked for, by code: its categories. None of one that nobody knows any more."""
    known = (in_language(each, language) for each in all_programmes() if each.id == programme)
    return {each.code: each.name for definition in known for each in definition.categories}
