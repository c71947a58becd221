"""What somebody filled in, field by field, and what is wrong with it in codes that a template puts into words."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from uuid import UUID

from starlette.datastructures import FormData

from services.shared.problems import Problem
from services.shared.types import Code

KEY = "key"
NUMBER_LENGTH_MAX = 9


class Said:
    """Reads one form. `errors` grows with each field that is wrong: its name, and a code that says why.

    Codes: missing, too-long, not-a-date, not-a-number, out-of-range, not-an-option.
    """

    def __init__(self, form: FormData) -> None:
        self._form = form
        self.errors: dict[str, Code] = {}

    def text(self, name: str) -> str:
        """As it was typed, for showing it again."""
        value = self._form.get(name, "")
        return value if isinstance(value, str) else ""

    def has(self, name: str) -> bool:
        return name in self._form

    def words(self, name: str, *, length_max: int, required: bool = True) -> str:
        value = self.text(name).replace("\r\n", "\n").strip()
        if required and not value:
            self.errors[name] = "missing"
        elif len(value) > length_max:
            self.errors[name] = "too-long"
        return value

    def day(self, name: str, *, required: bool = True) -> date | None:
        value = self.text(name).strip()
        if not value:
            if required:
                self.errors[name] = "missing"
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.errors[name] = "not-a-date"
            return None

    def number(self, name: str, *, least: int, most: int, required: bool = True) -> int | None:
        value = self.text(name).strip()
        if not value:
            if required:
                self.errors[name] = "missing"
            return None
        if not (value.isascii() and value.isdecimal() and len(value) <= NUMBER_LENGTH_MAX):
            self.errors[name] = "not-a-number"
            return None
        if not least <= int(value) <= most:
            self.errors[name] = "out-of-range"
            return None
        return int(value)

    def option[E: StrEnum](self, name: str, kind: type[E]) -> E | None:
        """One of a list that our own code maintains."""
        found = self.code(name, kind)
        return kind(found) if found is not None else None

    def code(self, name: str, codes: Iterable[Code]) -> Code | None:
        """One of a list that a programme maintains."""
        value = self.text(name)
        if value in list(codes):
            return value
        self.errors[name] = "not-an-option" if value else "missing"
        return None

    def options[E: StrEnum](self, name: str, kind: type[E]) -> tuple[E, ...]:
        """What was ticked, in the order of the list; what is not on it is passed over."""
        ticked = set(self._form.getlist(name))
        return tuple(each for each in kind if each in ticked)

    def ticked(self, name: str) -> tuple[str, ...]:
        """What was ticked, each once, as it came."""
        return tuple(sorted({each for each in self._form.getlist(name) if isinstance(each, str)}))

    def id(self, name: str = KEY) -> UUID:
        """A hidden id that we put in the form ourselves. Answers 400 where it was lost."""
        try:
            return UUID(self.text(name))
        except ValueError:
            raise Problem(400, "invalid-input", errors=[{"place": name, "code": "missing"}]) from None
