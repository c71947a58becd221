"""Nothing that crosses a border (bus, workflow history) can hold free text, and so no name or address."""

import dataclasses
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, StringConstraints
from temporalio import activity

from services.shared.closed_types import open_fields
from services.shared.events import Event
from services.shared.types import Cents, Code
from tests.architecture.sources import SERVICES

CONTRACTS = [f"services.{service}.contracts" for service in SERVICES] + ["workflows.contracts"]


def _dataclasses(module: ModuleType) -> list[type]:
    return [kind for _, kind in inspect.getmembers(module, dataclasses.is_dataclass) if inspect.isclass(kind)]


def _calls(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Every activity of a contract with the kinds of what goes in and comes out."""
    for _, kind in inspect.getmembers(module, inspect.isclass):
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            if hasattr(method, "__temporal_activity_definition"):
                for place, hint in inspect.get_annotations(method, eval_str=True).items():
                    yield f"{kind.__name__}.{name}({place})", hint


@pytest.mark.parametrize("name", CONTRACTS)
def test_nothing_in_a_contract_can_hold_free_text(name: str) -> None:
    kinds = _dataclasses(import_module(name))

    assert kinds != []
    assert [f"{kind.__name__}: {found}" for kind in kinds for found in open_fields(kind)] == []


@pytest.mark.parametrize("name", CONTRACTS[:-1])
def test_activities_take_and_give_nothing_but_closed_types(name: str) -> None:
    calls = list(_calls(import_module(name)))

    assert calls != []
    assert [f"{place}: {found}" for place, hint in calls for found in open_fields(hint)] == []


@pytest.mark.parametrize("name", CONTRACTS[:-1])
def test_every_activity_is_named_after_its_service(name: str) -> None:
    module = import_module(name)
    own = name.split(".")[1]
    named = [
        activity._Definition.must_from_callable(method).name or ""
        for _, kind in inspect.getmembers(module, inspect.isclass)
        for _, method in inspect.getmembers(kind, inspect.isfunction)
        if hasattr(method, "__temporal_activity_definition")
    ]

    assert [found for found in named if not found.startswith(f"{own}.")] == []


def test_no_event_can_hold_free_text() -> None:
    for service in SERVICES:
        import_module(f"services.{service}.events")
    kinds = [kind for kind in Event.known.values() if kind.__module__.startswith("services.")]

    assert len(kinds) > 30
    assert [f"{kind.__name__}: {found}" for kind in kinds for found in open_fields(kind)] == []


@dataclass(frozen=True)
class Address:
    street: str


@dataclass
class Changeable:
    amount_cents: Cents


class Loose(BaseModel):
    model_config = ConfigDict(frozen=True)

    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Nested:
    family_id: UUID
    homes: tuple[Address, ...]


@dataclass(frozen=True)
class Short:
    name: Annotated[str, StringConstraints(max_length=10)]


@dataclass(frozen=True)
class Anything:
    data: dict[Code, Any]


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (Address, "street"),
        (Nested, "homes.street"),
        (Loose, "remarks"),
        (Short, "name"),
        (Changeable, "Changeable is not frozen"),
        (Anything, "data"),
        (dict[str, int], "str"),
        (float, "float"),
        (bytes, "bytes"),
    ],
)
def test_the_rule_catches_what_could_hold_a_name(kind: Any, place: str) -> None:
    assert any(place in found for found in open_fields(kind))


def test_an_event_with_free_text_cannot_even_be_defined() -> None:
    with pytest.raises(TypeError, match="free text"):

        class FamilyDescribed(Event, domain="families"):
            family_id: UUID
            description: str


@dataclass(frozen=True)
class Sound:
    family_id: UUID
    areas: tuple[Code, ...]
    amounts: dict[Code, Cents]
    note: Code | None = None


def test_codes_amounts_and_ids_may_cross() -> None:
    assert open_fields(Sound) == []
