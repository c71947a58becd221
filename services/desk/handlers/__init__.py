"""What happens in one transaction at the desk. Nothing here commits."""

from services.desk.handlers.answers import (
    ALREADY_ENDED,
    Sending,
    answer_action,
    answer_decision,
    offer_action,
    offer_decision,
    settle_decisions,
)
from services.desk.handlers.lent import LentTask, lent_tasks, question_of
from services.desk.handlers.people import complete_task, end_stand_in, release_task, set_stand_in, take_task
from services.desk.handlers.questions import answer_question, ask_back
from services.desk.handlers.tasks import close_done, close_task, escalate_task, open_tasks, report_safety_concern

__all__ = [
    "ALREADY_ENDED",
    "LentTask",
    "Sending",
    "answer_action",
    "answer_decision",
    "answer_question",
    "ask_back",
    "close_done",
    "close_task",
    "complete_task",
    "end_stand_in",
    "escalate_task",
    "lent_tasks",
    "offer_action",
    "offer_decision",
    "open_tasks",
    "question_of",
    "release_task",
    "report_safety_concern",
    "set_stand_in",
    "settle_decisions",
    "take_task",
]
