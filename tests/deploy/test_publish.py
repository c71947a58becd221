"""What is published is what the code says, and no event changes in a way that breaks who listens."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.publish.command import FOLDER, broken_promises, not_current, write
from deploy.publish.documents import documents, published_events
from deploy.publish.schemas import breaking_changes, event_schema
from services.intake.events import FamilyEnrolled


@pytest.fixture(scope="module")
async def made() -> dict[str, str]:
    return await documents()


def _schema(**fields: Any) -> dict[str, Any]:
    required = [name for name, part in fields.items() if "default" not in part]
    return {"type": "object", "properties": fields, "required": required}


CODE = {"type": "string", "pattern": "^[a-z]+$"}
NUMBER = {"type": "integer"}
OLD = _schema(area=CODE, children=NUMBER)


def test_published_documents_are_what_the_code_says(made: dict[str, str]) -> None:
    assert not_current(made, FOLDER) == []


def test_no_published_event_was_changed_in_a_way_that_breaks_consumers(made: dict[str, str]) -> None:
    assert broken_promises(made, FOLDER) == []


def test_every_event_has_a_channel_a_publisher_and_a_listener(made: dict[str, str]) -> None:
    document = json.loads(made["asyncapi.json"])

    assert sorted(document["channels"]) == sorted(kind.routing_key for kind in published_events())
    for kind in published_events():
        operations = [name for name in document["operations"] if name.endswith(f"-{kind.routing_key}")]
        assert [name for name in operations if "-tells-" in name] != []
        assert f"monitor-hears-{kind.routing_key}" in operations


def test_every_reference_in_the_asyncapi_document_leads_somewhere(made: dict[str, str]) -> None:
    document = json.loads(made["asyncapi.json"])

    def follow(reference: str) -> Any:
        if not reference.startswith("#/"):
            return made[reference]
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        return found

    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [found for each in part.values() for found in references(each)]
        return [found for each in part for found in references(each)] if isinstance(part, list) else []

    assert len(references(document)) > 100
    assert [reference for reference in references(document) if not follow(reference)] == []


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (_schema(area=CODE), "field children is gone"),
        (_schema(area=CODE, children=CODE), "field children was integer and is string"),
        (_schema(area=CODE, children={"anyOf": [NUMBER, {"type": "null"}]}), "field children was integer"),
        (_schema(area=CODE, children=NUMBER, births=NUMBER), "field births is required now"),
        (_schema(area={"type": "string", "pattern": "^[A-Z]+$"}, children=NUMBER), "field area was string"),
    ],
)
def test_a_change_that_breaks_a_consumer_is_named(new: dict[str, Any], told: str) -> None:
    (change,) = breaking_changes(OLD, new)

    assert change.startswith(told)


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        _schema(area=CODE, children=NUMBER, births=NUMBER | {"default": 0}),
        _schema(area=CODE | {"title": "Wijk", "description": "Where they live"}, children=NUMBER),
    ],
)
def test_a_change_that_a_consumer_does_not_notice_is_fine(new: dict[str, Any]) -> None:
    assert breaking_changes(OLD, new) == []


def test_a_list_of_codes_may_grow_and_may_not_shrink() -> None:
    two, three = ({"type": "string", "enum": names} for names in (["a", "b"], ["a", "b", "c"]))

    assert breaking_changes(_schema(kind=two), _schema(kind=three)) == []
    assert breaking_changes(_schema(kind=three), _schema(kind=two)) != []


def test_a_change_inside_a_nested_part_is_seen() -> None:
    def nested(**fields: Any) -> dict[str, Any]:
        reference = {"type": "array", "items": {"$ref": "#/$defs/Option"}}
        return _schema(options=reference) | {"$defs": {"Option": _schema(**fields)}}

    assert breaking_changes(nested(id=CODE, rank=NUMBER), nested(id=CODE)) != []
    assert breaking_changes(nested(id=CODE), nested(id=CODE, rank=NUMBER | {"default": 0})) == []


def test_a_changed_event_is_refused_with_a_line_that_says_what_to_do(tmp_path: Path, made: dict[str, str]) -> None:
    write(made, tmp_path)
    file = tmp_path / "events" / f"{FamilyEnrolled.type}.schema.json"
    before = event_schema(FamilyEnrolled)
    before["properties"]["postcode"] = CODE
    file.write_text(json.dumps(before))

    (line,) = broken_promises(made, tmp_path)

    assert line == "nl.families.enrolled.v1: field postcode is gone; make it a new version of the event (version=2)"


def test_an_event_that_is_gone_is_refused(tmp_path: Path, made: dict[str, str]) -> None:
    write(made, tmp_path)
    (tmp_path / "events" / "nl.families.moved-twice.v1.schema.json").write_text("{}")

    assert "the event is gone" in " ".join(broken_promises(made, tmp_path))


def test_a_document_that_was_edited_by_hand_is_noticed(tmp_path: Path, made: dict[str, str]) -> None:
    write(made, tmp_path)
    (tmp_path / "monitor.openapi.json").write_text("{}")
    (tmp_path / "old.openapi.json").write_text("{}")

    assert [line.split()[0] for line in not_current(made, tmp_path)] == [
        "docs/api/monitor.openapi.json",
        "docs/api/old.openapi.json",
    ]
