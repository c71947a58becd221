"""An event is a CloudEvent that cannot hold free text, and rubbish is told from it."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from services.intake.events import FamilyEnrolled, SignalReceived
from services.plans.events import Contributor, HoursLogged
from services.shared.closed_types import open_fields
from services.shared.events import BODY_BYTES_MAX, Envelope, Event, UnreadableEvent, read_envelope
from services.shared.types import Code, stable_id

SOURCE = "urn:nld:oin:00000001003214345000:systeem:plans"
NOON = datetime(2024, 3, 29, 12, 0, tzinfo=UTC)


def hours_logged() -> HoursLogged:
    return HoursLogged(
        trajectory_id=stable_id("a family"), contributor=Contributor.BUDDY, minutes=90, on=date(2024, 3, 28)
    )


def wrapped(event: Event) -> Envelope:
    return Envelope.around(event, source=SOURCE, sequence=3, time=NOON, traceparent=None)


def test_names_derive_from_one_another() -> None:
    assert FamilyEnrolled.type == "nl.families.enrolled.v1"
    assert FamilyEnrolled.routing_key == "family.enrolled"
    assert FamilyEnrolled.handler_name == "on_family_enrolled"
    assert SignalReceived.subject_field == "signal_id"


def test_what_is_sent_is_what_is_read() -> None:
    envelope = read_envelope(wrapped(hours_logged()).body())
    assert envelope.event() == hours_logged()
    assert (envelope.sequence, envelope.sequencetype, envelope.specversion) == ("3", "Integer", "1.0")
    assert envelope.subject == hours_logged().trajectory_id


def test_the_same_fact_has_the_same_id_whoever_wraps_it() -> None:
    assert wrapped(hours_logged()).id == wrapped(hours_logged()).id


def test_a_field_that_a_newer_publisher_added_is_passed_over() -> None:
    envelope = wrapped(hours_logged())
    newer = envelope.model_copy(update={"data": envelope.data | {"weather": "rain"}})
    assert read_envelope(newer.body()).event() == hours_logged()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not-json"),
        (b"\xff\x00", "not-json"),
        (b"[" * 100_000, "not-json"),
        (b"42", "not-a-cloudevent"),
        (b'{"specversion": "0.3"}', "not-a-cloudevent"),
        (wrapped(hours_logged()).body().replace(b"nl.hours", b"NL.HOURS"), "not-a-cloudevent"),
        (wrapped(hours_logged()).body().replace(b":systeem:", b":jan jansen:"), "not-a-cloudevent"),
    ],
)
def test_rubbish_is_refused_with_a_code(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableEvent, match=reason):
        read_envelope(body)


def test_an_unknown_type_and_wrong_data_are_told_apart() -> None:
    with pytest.raises(UnreadableEvent, match="unknown-type"):
        read_envelope(wrapped(hours_logged()).body().replace(b"nl.hours.logged", b"nl.hours.forgotten")).event()
    with pytest.raises(UnreadableEvent, match="invalid-data"):
        read_envelope(wrapped(hours_logged()).body().replace(b'"minutes":90', b'"minutes":"many"')).event()


def test_an_event_that_could_hold_a_name_cannot_be_defined() -> None:
    with pytest.raises(TypeError, match="free text"):

        class VisitorGreeted(Event, domain="visitors"):
            visitor_id: UUID
            name: str


def test_an_event_without_a_subject_cannot_be_defined() -> None:
    with pytest.raises(TypeError, match="subject"):

        class WeatherChanged(Event, domain="weathers"):
            degrees: int


def test_the_rule_looks_inside() -> None:
    class Inner(BaseModel):
        model_config = ConfigDict(frozen=True)
        notes: tuple[str, ...]

    class Loose(BaseModel):
        count: int

    assert open_fields(dict[Code, Inner]) == ["notes: str"]
    assert open_fields(Loose) == [": Loose is not frozen"]
    assert open_fields(float) == [": float"]
    assert open_fields(tuple[UUID, int] | None) == []


@pytest.mark.parametrize("value", ["Jan Jansen", "jan@example.nl", "9713AB 12", "0612345678", "", "a" * 64])
def test_a_code_is_no_place_for_a_person(value: str) -> None:
    with pytest.raises(ValidationError):
        SignalReceived(signal_id=uuid4(), programme="p", programme_version=1, area="beijum", channel=value)


def test_an_event_above_64_kb_is_refused() -> None:
    envelope = wrapped(hours_logged()).model_copy(update={"data": {"x": "y" * BODY_BYTES_MAX}})
    with pytest.raises(ValueError, match="at most"):
        envelope.body()
