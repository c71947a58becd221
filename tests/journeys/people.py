"""People with a token at the one front door, and the patience to look again until something shows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import httpx

from services.shared.access import Actor, issue_token
from services.shared.problems import MEDIA_TYPE
from services.shared.roles import Role
from services.shared.types import Code

PATIENCE_SECONDS = 90.0
LOOK_AGAIN_SECONDS = 0.1
ANSWER_SECONDS = 40.0


def until[T](look: Callable[[], T | None], what: str) -> T:
    """What somebody finds by looking again and again. Fails when it never shows."""
    give_up_at, pause = monotonic() + PATIENCE_SECONDS, Event()
    while not (found := look()):
        assert monotonic() < give_up_at, f"{what}: not in {PATIENCE_SECONDS:.0f} s"
        pause.wait(LOOK_AGAIN_SECONDS)
    return found


@dataclass
class Person:
    """Somebody who signed in; every call goes through the front door."""

    http: httpx.Client
    id: UUID = field(default_factory=uuid4)

    @classmethod
    def signed_in(
        cls, address: str, secret: str, *roles: Role, programme: Code, area: Code, person: UUID | None = None
    ) -> "Person":
        actor = Actor(
            person=person or uuid4(),
            roles=frozenset(roles),
            programmes=frozenset({programme}),
            areas=frozenset({area}),
        )
        token = issue_token(secret, actor, now=datetime.now(UTC))
        http = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=ANSWER_SECONDS)
        return cls(http=http, id=actor.person)

    def sees(self, path: str, **wanted: str) -> Any:
        """What stands there."""
        answer = self.http.get(path, params=wanted)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def finds(self, path: str) -> Any | None:
        """What stands there, None when there is nothing yet."""
        answer = self.http.get(path)
        return answer.json() if answer.status_code == 200 else None

    def does(self, path: str, /, **body: Any) -> Any:
        """Something that is allowed."""
        answer = self.http.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def is_refused(self, path: str, /, **body: Any) -> tuple[int, str]:
        """Something that is not allowed or not possible: the status, and the code that says why."""
        answer = self.http.post(path, json=body)
        assert answer.headers["content-type"] == MEDIA_TYPE, answer.text
        problem = answer.json()
        assert problem["status"] == answer.status_code
        return answer.status_code, problem["code"]

    def tasks(self, **wanted: str) -> list[Any]:
        """The worklist."""
        found: list[Any] = self.sees("/desk/v1/tasks", **wanted)
        return found

    def task_about(self, subject: str, kind: str, **wanted: str) -> Any:
        """The one task of a kind about something, as soon as it is there."""
        (task,) = until(lambda: self.tasks(subjectId=subject, kind=kind, **wanted), f"a task {kind}")
        return task
