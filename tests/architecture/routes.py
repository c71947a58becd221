"""Every route of every service, read from the routers themselves: a new one is here without anybody saying so."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.shared.permissions import Permission
from services.shared.roles import Role
from services.shared.service import Service

API = "/v1"


@dataclass(frozen=True)
class Route:
    """One method of one address; `path` is as the service knows it, with /v1 where it is of the API."""

    service: str
    method: str
    path: str
    route: APIRoute
    permission: Permission | None
    roles: frozenset[Role] | None

    @property
    def is_page(self) -> bool:
        return not self.path.startswith(API)

    def __str__(self) -> str:
        return f"{self.method} /{self.service}{self.path}"


@cache
def service(name: str) -> Service:
    found: Service = import_module(f"services.{name}.__main__").SERVICE
    return found


@cache
def routes(name: str) -> tuple[Route, ...]:
    """A service's API and pages, in the order of their addresses."""
    built = service(name)
    found = [
        Route(name, method, f"{prefix}{path}", route, *_rule(route.dependant))
        for prefix, router in ((API, built.router), ("", built.pages))
        if router is not None
        for path, route in _walk(router)
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]
    return tuple(sorted(found, key=lambda each: (each.path, each.method)))


def _walk(router: APIRouter, prefix: str = "") -> Iterator[tuple[str, APIRoute]]:
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield f"{prefix}{route.path}", route
        elif (inner := getattr(route, "original_router", None)) is not None:
            yield from _walk(inner, f"{prefix}{getattr(getattr(route, 'include_context', None), 'prefix', '')}")
        else:
            raise TypeError(f"what is {route}?")


def _rule(dependant: Dependant) -> tuple[Permission | None, frozenset[Role] | None]:
    """The permission and the roles that a route names, wherever in its dependencies."""
    for each in dependant.dependencies:
        roles = getattr(each.call, "allowed_roles", None)
        if roles is not None:
            return getattr(each.call, "permission", None), roles
        found = _rule(each)
        if found != (None, None):
            return found
    return None, None
