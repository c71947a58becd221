"""What changes in one transaction, by noun: trajectories, what is due, plans with their goals, contacts."""

from services.plans.handlers.contacts import give_aftercare, hold_review, log_hours, take_measurement
from services.plans.handlers.due import find_due
from services.plans.handlers.entry import remember
from services.plans.handlers.goals import add_step, drop_goal, mark_step_done, reach_goal
from services.plans.handlers.journal import add_document, contributor_of, family_key, remove_document, write_journal
from services.plans.handlers.plan import PlanSeen, add_goal, agree_plan, draft_plan, plan_seen
from services.plans.handlers.task_notes import write_task_note
from services.plans.handlers.trajectories import (
    close_trajectory,
    confirm_tandem,
    end_tandem,
    enter_phase,
    erase_texts,
    move_family,
    open_trajectory,
    pause_trajectory,
    resume_trajectory,
)

__all__ = [
    "PlanSeen",
    "add_document",
    "add_goal",
    "add_step",
    "agree_plan",
    "close_trajectory",
    "confirm_tandem",
    "contributor_of",
    "draft_plan",
    "drop_goal",
    "end_tandem",
    "enter_phase",
    "erase_texts",
    "family_key",
    "find_due",
    "give_aftercare",
    "hold_review",
    "log_hours",
    "mark_step_done",
    "move_family",
    "open_trajectory",
    "pause_trajectory",
    "plan_seen",
    "reach_goal",
    "remember",
    "remove_document",
    "resume_trajectory",
    "take_measurement",
    "write_journal",
    "write_task_note",
]
