"""Events as CloudEvents 1.0 in structured JSON, after the NL GOV profile 1.1."""

import json
import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from services.shared.closed_types import open_fields
from services.shared.types import Moment, stable_id

CONTENT_TYPE = "application/cloudevents+json"
BODY_BYTES_MAX = 64 * 1024
DOMAIN = re.compile(r"^[a-z]+(-[a-z]+)*$")
_WORDS = re.compile(r"[A-Z][a-z0-9]*")


class Event(BaseModel):
    """Something that happened, in the past tense: `FamilyEnrolled` is `nl.families.enrolled.v1`, key `family.enrolled`.

    A subclass names its domain in plural and, where it is not the first UUID field, the field that is its subject:
    `class FamilyEnrolled(Event, domain="families", subject_field="family_id")`. Its fields hold no free text
    (TypeError at import). Unknown fields of a newer publisher are passed over.
    """

    model_config = ConfigDict(frozen=True)

    known: ClassVar[dict[str, type["Event"]]] = {}
    type: ClassVar[str]
    routing_key: ClassVar[str]
    handler_name: ClassVar[str]
    subject_field: ClassVar[str]

    def __init_subclass__(cls, **options: Any) -> None:
        """The options are read once the fields are known (below)."""
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        domain, version = str(options.get("domain", "")), int(options.get("version", 1))
        subject_field = str(options.get("subject_field", ""))
        if not DOMAIN.match(domain):
            raise TypeError(f"{cls.__name__}: name its domain in plural")
        *noun, verb = [word.lower() for word in _WORDS.findall(cls.__name__)]
        if not noun:
            raise TypeError(f"{cls.__name__}: a noun and a past participle")
        cls.type = f"nl.{domain}.{verb}.v{version}"
        cls.routing_key = f"{'-'.join(noun)}.{verb}"
        cls.handler_name = f"on_{'_'.join(noun)}_{verb}"
        cls.subject_field = subject_field or next(
            (name for name, field in cls.model_fields.items() if field.annotation is UUID), ""
        )
        if cls.subject_field not in cls.model_fields or cls.model_fields[cls.subject_field].annotation is not UUID:
            raise TypeError(f"{cls.__name__}: the subject is a UUID field")
        loose = open_fields(cls)
        if loose:
            raise TypeError(f"{cls.__name__} may hold free text: {'; '.join(loose)}")
        other = Event.known.get(cls.type)
        if other is not None and other.__qualname__ != cls.__qualname__:
            raise TypeError(f"{cls.type} is {other.__qualname__} already")
        Event.known[cls.type] = cls

    @property
    def subject(self) -> UUID:
        """Whom or what the event is about; `sequence` counts per subject."""
        value: UUID = getattr(self, self.subject_field)
        return value


class Envelope(BaseModel):
    """A CloudEvent: the attributes around an event's data."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: Annotated[str, StringConstraints(pattern=r"^urn:nld:oin:\d{20}:systeem:[a-z]+$")]
    type: Annotated[str, StringConstraints(pattern=r"^nl\.[a-z]+(-[a-z]+)*\.[a-z]+\.v\d+$")]
    subject: UUID
    time: Moment
    datacontenttype: Literal["application/json"] = "application/json"
    sequence: Annotated[str, StringConstraints(pattern=r"^[1-9]\d*$")]
    sequencetype: Literal["Integer"] = "Integer"
    traceparent: Annotated[str, StringConstraints(pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")] | None = None
    data: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def around(cls, event: Event, *, source: str, sequence: int, time: datetime, traceparent: str | None) -> Self:
        """Wrap an event. Its id follows from source, subject and sequence, so that it is the same whoever asks."""
        return cls(
            id=stable_id(source, event.subject, sequence),
            source=source,
            type=event.type,
            subject=event.subject,
            time=time,
            sequence=str(sequence),
            traceparent=traceparent,
            data=event.model_dump(mode="json"),
        )

    def body(self) -> bytes:
        """The bytes that go over the bus. Raises ValueError above 64 KB."""
        body = self.model_dump_json(exclude_none=True).encode()
        if len(body) > BODY_BYTES_MAX:
            raise ValueError(f"{self.type}: {len(body)} bytes, at most {BODY_BYTES_MAX}")
        return body

    def event(self) -> Event:
        """The event inside. Raises UnreadableEvent for a type or data that is not known here."""
        kind = Event.known.get(self.type)
        if kind is None:
            raise UnreadableEvent("unknown-type")
        try:
            return kind.model_validate(self.data)
        except ValidationError as error:
            raise UnreadableEvent("invalid-data") from error


class UnreadableEvent(Exception):
    """Bytes that are no event; its text is a code: not-json, not-a-cloudevent, unknown-type or invalid-data."""


def read_envelope(body: bytes) -> Envelope:
    """Read bytes from the bus. Raises UnreadableEvent."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableEvent("not-json") from error
    try:
        return Envelope.model_validate(content)
    except ValidationError as error:
        raise UnreadableEvent("not-a-cloudevent") from error


def events_of(module_name: str) -> list[type[Event]]:
    """The events that one module defines, in the order of their types: what its service may publish."""
    return [kind for _, kind in sorted(Event.known.items()) if kind.__module__ == module_name]
