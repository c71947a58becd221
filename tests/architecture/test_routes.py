"""Every route names who may use it, and is called as the NLGov REST API Design Rules want it."""

import re
from collections.abc import Iterator
from importlib import import_module

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.shared.roles import Role
from services.shared.service import Service
from tests.architecture.sources import SERVICES

OPEN: set[tuple[str, str, str]] = set()
"""Routes for everybody, as (service, method, path): none. The description of an API stands beside its routes."""

SEGMENT = re.compile(r"^[a-z]+(-[a-z]+)*$")
PARAMETER = re.compile(r"^\{[a-z_]+\}$")
SEARCH = "_zoek"
QUERY_KEY = re.compile(r"^[a-z]+([A-Z][a-z]+)*$")
PLURAL = re.compile(r"(s|people|s-at-bank)$")
NOT_COUNTED = {"aftercare", "balance", "figures", "hours", "file", "trial-balance", "funding"}
"""Resources of which there is one, or that have no plural."""


def _routes(service: str) -> list[APIRoute]:
    built: Service = import_module(f"services.{service}.__main__").SERVICE
    assert built.router is not None
    return [route for route in built.router.routes if isinstance(route, APIRoute)]


def _rules(dependant: Dependant) -> Iterator[frozenset[Role]]:
    for each in dependant.dependencies:
        allowed = getattr(each.call, "allowed_roles", None)
        if allowed is not None:
            yield allowed
        yield from _rules(each)


def _segments(route: APIRoute) -> list[str]:
    return route.path.strip("/").split("/")


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_names_who_may_use_it(service: str) -> None:
    without = {
        (service, method, route.path)
        for route in _routes(service)
        for method in route.methods or ()
        if not any(allowed for allowed in _rules(route.dependant))
    }

    assert without == {each for each in OPEN if each[0] == service}


@pytest.mark.parametrize("service", SERVICES)
def test_paths_are_plural_kebab_case_without_a_slash_at_the_end(service: str) -> None:
    routes = _routes(service)
    wrong = [
        route.path
        for route in routes
        for segment in _segments(route)
        if not (PARAMETER.match(segment) or segment == SEARCH or SEGMENT.match(segment))
        or (SEGMENT.match(segment) and not PLURAL.search(segment) and segment not in NOT_COUNTED)
    ]

    assert routes != []
    assert wrong == []
    assert [route.path for route in routes if route.path.endswith("/")] == []


@pytest.mark.parametrize("service", SERVICES)
def test_keys_in_a_query_are_camel_case(service: str) -> None:
    keys = {field.alias for route in _routes(service) for field in route.dependant.query_params}

    assert {key for key in keys if not QUERY_KEY.match(key)} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_has_a_name_of_its_own_and_a_summary(service: str) -> None:
    routes = _routes(service)
    names = [route.operation_id for route in routes]

    assert None not in names
    assert len(set(names)) == len(names)
    assert [route.path for route in routes if not route.summary] == []
