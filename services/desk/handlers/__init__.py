"""What happens in one transaction at the desk. Nothing here commits."""

from services.desk.handlers.answers import (
    ALREADY_ENDED,
    Sending,
    answer_action,
    answer_decision,
    kept_decisions,
    offer_action,
    offer_decision,
    settle_decisions,
)
from services.desk.handlers.assignments import (
    Able,
    Assigned,
    able_colleagues,
    assign_many,
    givable,
    give_back,
    hand_over,
    move_all,
    release_task,
    snooze_task,
    take_task,
)
from services.desk.handlers.changes import Change, TaskChange, changes_of
from services.desk.handlers.lent import LentTask, lent_tasks, question_of
from services.desk.handlers.merging import follow_merge, follow_unmerge
from services.desk.handlers.payee_checks import ask_for_check, hand_back, hand_up_checks
from services.desk.handlers.people import complete_task, end_stand_in, set_stand_in
from services.desk.handlers.questions import answer_question, ask_back
from services.desk.handlers.searches import forget_search, save_search, searches_of
from services.desk.handlers.tasks import close_done, close_task, escalate_task, open_tasks, report_safety_concern
from services.desk.handlers.urgent_needs import (
    ask_for_needs,
    follow_supporter,
    need_came_to_nothing,
    need_was_asked,
)

__all__ = [
    "ALREADY_ENDED",
    "Able",
    "Assigned",
    "Change",
    "LentTask",
    "Sending",
    "TaskChange",
    "able_colleagues",
    "answer_action",
    "answer_decision",
    "answer_question",
    "ask_back",
    "ask_for_check",
    "ask_for_needs",
    "assign_many",
    "changes_of",
    "close_done",
    "close_task",
    "complete_task",
    "end_stand_in",
    "escalate_task",
    "follow_merge",
    "follow_supporter",
    "follow_unmerge",
    "forget_search",
    "givable",
    "give_back",
    "hand_back",
    "hand_over",
    "hand_up_checks",
    "kept_decisions",
    "lent_tasks",
    "move_all",
    "need_came_to_nothing",
    "need_was_asked",
    "offer_action",
    "offer_decision",
    "open_tasks",
    "question_of",
    "release_task",
    "report_safety_concern",
    "save_search",
    "searches_of",
    "set_stand_in",
    "settle_decisions",
    "snooze_task",
    "take_task",
]
