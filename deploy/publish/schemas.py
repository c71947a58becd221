"""Events as JSON Schema, and which changes to a schema break whoever listens."""

from typing import Any

from services.shared.events import Event

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WORDING = ("title", "description", "default", "examples")


def schema_file(kind: type[Event]) -> str:
    return f"events/{kind.type}.schema.json"


def event_schema(kind: type[Event]) -> dict[str, Any]:
    """The schema of an event's `data`."""
    return {"$schema": DIALECT, "$id": f"urn:kansen:event:{kind.type}", **kind.model_json_schema()}


def breaking_changes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What a consumer of the old schema cannot cope with in the new one; empty when it can.

    New optional fields are fine (a consumer passes over what it does not know), and so are new values of a list of
    codes: consumers are changed first.
    """
    before, after = _fields(old), _fields(new)
    broken = [f"field {name} is gone" for name in before if name not in after]
    broken += [
        f"field {name} was {_spoken(before[name])} and is {_spoken(after[name])}"
        for name in before
        if name in after and not _accepts(before[name], after[name])
    ]
    required = set(new.get("required", ())) - set(old.get("required", ()))
    return broken + [f"field {name} is required now" for name in sorted(required)]


def _fields(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: _resolved(part, schema.get("$defs", {})) for name, part in schema.get("properties", {}).items()}


def _resolved(part: Any, definitions: dict[str, Any]) -> Any:
    """The same without references and without wording."""
    if isinstance(part, list):
        return [_resolved(each, definitions) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _resolved(definitions[part["$ref"].removeprefix("#/$defs/")], definitions)
    if "properties" in part:
        fields = {name: _resolved(each, definitions) for name, each in part["properties"].items()}
        return {"type": "object", "properties": fields, "required": sorted(part.get("required", ()))}
    return {name: _resolved(each, definitions) for name, each in part.items() if name not in _WORDING}


def _accepts(old: Any, new: Any) -> bool:
    """Whether the new kind of field is the old one, or the same list of codes with more of them."""
    if isinstance(old, dict) and isinstance(new, dict) and "enum" in old and "enum" in new:
        return set(old["enum"]) <= set(new["enum"])
    if isinstance(old, dict) and isinstance(new, dict) and "properties" in old and "properties" in new:
        return not breaking_changes(old, new)
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_accepts(old[name], new[name]) for name in old)
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return all(_accepts(before, after) for before, after in zip(old, new, strict=True))
    return bool(old == new)


def _spoken(part: Any) -> str:
    if not isinstance(part, dict):
        return str(part)
    if "enum" in part:
        return "one of " + ", ".join(map(str, part["enum"]))
    return str(part.get("format") or part.get("type") or "something else")
