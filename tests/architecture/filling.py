"""Fills in what a route wants to be sent, from its own schema: right in form, about the family that is asked for."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi.routing import APIRoute
from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError

DIGEST = "ab" * 32
TEXTS = ("a-code", "nl", DIGEST, "9736JA", "0" * 32, "NL15BANK0100000001", "12", "0612345678", "2027-03-01", "a@b.nl")
VALUES = (str(UUID(int=9)), "2027-03-01", "2027-03-01T09:00:00Z", *TEXTS, 1, True)

Ids = Mapping[str, str]


def body_of(route: APIRoute, ids: Ids) -> dict[str, Any] | None:
    """A JSON body with everything that must stand in it; None for a route that takes none."""
    if route.body_field is None:
        return None
    model = route.body_field.field_info.annotation
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise TypeError(f"what is sent to {route.path}?")
    schema = model.model_json_schema()
    return {name: ids.get(name, value) for name, value in _object(schema, schema).items()}


def query_of(route: APIRoute) -> dict[str, Any]:
    """The keys of a query without which there is no answer."""
    wanted = {}
    for field in route.dependant.query_params:
        annotation: Any = Annotated[field.field_info.annotation, field.field_info]
        if field.field_info.is_required() and not _fits(annotation, {}):
            wanted[field.alias] = next(value for value in VALUES if _fits(annotation, value))
    return wanted


def path_of(path: str, route: APIRoute, ids: Ids) -> str:
    """An address with its ids filled in; an id of something else than a family is of nothing that exists."""
    for field in route.dependant.path_params:
        kind = field.field_info.annotation
        words = list(kind) if isinstance(kind, type) and issubclass(kind, StrEnum) else VALUES
        value = ids.get(field.alias) or next(value for value in words if _fits(kind, value))
        path = path.replace(f"{{{field.alias}}}", str(value))
    return path


def _fits(annotation: Any, value: object) -> bool:
    try:
        TypeAdapter(annotation).validate_python(value)
    except ValidationError:
        return False
    return True


def _object(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(schema["properties"][name], root) for name in schema.get("required", ())}


def _value(schema: dict[str, Any], root: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _value(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if "anyOf" in schema:
        return _value(schema["anyOf"][0], root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return _object(schema, root) if "properties" in schema else {}
        case "array":
            return [_value(schema["items"], root)] * int(schema.get("minItems", 0))
        case "integer":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "string":
            return _text(schema)
    raise TypeError(f"what is {schema}?")


def _text(schema: dict[str, Any]) -> str:
    formats = {"uuid": str(UUID(int=9)), "date": "2027-03-01", "date-time": "2027-03-01T09:00:00Z"}
    if "format" in schema:
        return formats[schema["format"]]
    adapter: TypeAdapter[str] = TypeAdapter(Annotated[str, _constraints(schema)])
    return next(text for text in TEXTS if _fits_text(adapter, text))


def _constraints(schema: dict[str, Any]) -> Any:
    return StringConstraints(
        pattern=schema.get("pattern"), min_length=schema.get("minLength"), max_length=schema.get("maxLength")
    )


def _fits_text(adapter: TypeAdapter[str], text: str) -> bool:
    try:
        adapter.validate_python(text)
    except ValidationError:
        return False
    return True
