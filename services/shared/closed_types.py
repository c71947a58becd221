"""The rule that keeps personal data off the bus and out of workflow history: no free text in what crosses a border."""

import dataclasses
import types
import typing
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, StringConstraints

_PLAIN: tuple[type, ...] = (UUID, int, bool, date, datetime, timedelta, type(None))
_CONTAINERS = (tuple, list, dict, frozenset, set)


def open_fields(kind: Any, path: str = "") -> list[str]:
    """The places inside a type that could hold free text; empty means that it may cross a border.

    Allowed: UUID, int, bool, dates, StrEnum, Literal, text with a pattern (Code, Digest) and tuples, lists, dicts,
    frozen dataclasses and models of those. Floats are refused too: no money, no score is one.
    """
    if get_origin(kind) is Annotated:
        inner, *notes = get_args(kind)
        if inner is str:
            bounded = any(isinstance(note, StringConstraints) and note.pattern for note in notes)
            return [] if bounded else [f"{path}: text without a pattern"]
        return open_fields(inner, path)
    origin = get_origin(kind)
    if origin is Literal:
        return []
    if origin in (Union, types.UnionType) or origin in _CONTAINERS:
        return [
            found for argument in get_args(kind) if argument is not Ellipsis for found in open_fields(argument, path)
        ]
    if isinstance(kind, type):
        if issubclass(kind, StrEnum) or kind in _PLAIN:
            return []
        if issubclass(kind, BaseModel):
            if not kind.model_config.get("frozen"):
                return [f"{path}: {kind.__name__} is not frozen"]
            hints = typing.get_type_hints(kind, include_extras=True)
            fields = {name: hints[name] for name in kind.model_fields}
        elif dataclasses.is_dataclass(kind):
            if not kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]  # typeshed hides it
                return [f"{path}: {kind.__name__} is not frozen"]
            hints = typing.get_type_hints(kind, include_extras=True)
            fields = {field.name: hints[field.name] for field in dataclasses.fields(kind)}
        else:
            return [f"{path}: {kind.__name__}"]
        return [found for name, inner in fields.items() for found in open_fields(inner, f"{path}.{name}".strip("."))]
    return [f"{path}: {kind!r}"]
