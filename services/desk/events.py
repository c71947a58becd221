"""What the desk tells the world."""

from datetime import date
from uuid import UUID

from services.shared.events import Event
from services.shared.roles import Role
from services.shared.types import Code


class TaskOpened(Event, domain="tasks"):
    task_id: UUID
    kind: Code
    programme: Code
    role: Role
    due_on: date


class TaskEscalated(Event, domain="tasks"):
    task_id: UUID
    role: Role


class TaskClosed(Event, domain="tasks"):
    task_id: UUID
    kind: Code
    programme: Code
    outcome: Code
    late: bool
