"""What screens show of a code is always words, in both languages: no reason, state or outcome is shown as a code."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from jinja2 import Environment, nodes

from deploy.local.programs import ROOT
from programmes.schema import IncomeBand
from services.budget.domain.motives import Elsewhere, Purpose
from services.budget.domain.requests import RequestState
from services.budget.handlers.proposals import RefusalReason
from services.budget.payments_store import BatchState, PaymentState
from services.desk.commands import AskerAnswers, DeciderAsks, Reason, Whose
from services.desk.contracts import TaskKind, TrajectoryAct
from services.desk.dossier_store import MomentKind
from services.desk.due import DueWithin
from services.desk.pages.acting import REASONS as ACT_REASONS
from services.desk.pages.deciding import APPROVE_REASONS, HOLD_REASONS, REFUSE_REASONS, RELEASE_REASONS
from services.desk.pages.task import OUTCOMES, Said
from services.desk.store import Answer
from services.intake.commands import ContactChannel, ContactMoment, MemberRole, SwitchReason
from services.intake.domain import SignalState
from services.intake.domain.switching import SWITCHED
from services.intake.domain.told import Step
from services.intake.events import ContactOutcome
from services.intake.pages.closing import CLOSINGS
from services.matching.domain.people import Obstacle
from services.matching.pages.answers import DeclineReason
from services.matching.pages.people import LeaveReason
from services.matching.tables import Change as TandemChange
from services.plans.domain import Change as PlanChange
from services.plans.domain import ContactKind, DocumentKind, Present, Scan, Who
from services.plans.events import MeasurementMoment, Phase, TrajectoryOutcome
from services.shared.roles import Role
from services.shared.screens.texts import read_catalogue

SHARED = ROOT / "services/shared/screens"
ROOMS = (SHARED, *(ROOT / "services" / name for name in ("intake", "matching", "plans", "budget", "desk")))

ENDED_BY_THE_PROCESS = ("completed", "no-match", "no-funds", "step-failed", "programme-ended", "paused-too-long")
TANDEM_ENDED_BY_THE_PROCESS = ("paused", "person-left")
REFUSED_BY_A_RULE = (
    *("envelope-unknown", "envelope-closed", "category-unknown", "amount-above-maximum", "urgency-not-allowed"),
    *("no-mandate", "envelope-short", "payee-unknown", "payee-changed", "changed-since-seen", "too-few-deciders"),
)
DECIDED = ("approved", "refused", "withdrawn", "lapsed")
NOT_DECIDED = ("withdrawn", "withdrawn-by-asker", "not-decided-in-time", "decision-broken-off")
DONE_AT_INTAKE = ("met", "mended", "switched", "tried", "given", "refused", "withdrawn", "intake")
NOT_TAKEN_IN = ("already-enrolled", "programme-nearly-over", "programme-full", "programme-ended", "consent-withdrawn")

WORDS: tuple[tuple[str, str, str, Iterable[str]], ...] = (
    ("shared/screens", "role_words.html", "role_words", Role),
    ("shared/screens", "reason_words.html", "trajectory_reasons", TrajectoryOutcome),
    (
        "shared/screens",
        "reason_words.html",
        "trajectory_reasons",
        {code for each in ACT_REASONS.values() for code in each},
    ),
    ("shared/screens", "reason_words.html", "trajectory_reasons", ENDED_BY_THE_PROCESS + TANDEM_ENDED_BY_THE_PROCESS),
    ("intake", "intake_states.html", "STATES", SignalState),
    ("intake", "intake_states.html", "OUTCOMES", ContactOutcome),
    ("intake", "intake_states.html", "CLOSINGS", CLOSINGS),
    ("intake", "intake_words.html", "STEPS", Step),
    ("intake", "intake_words.html", "ROLES", MemberRole),
    ("intake", "intake_words.html", "CHANNELS", ContactChannel),
    ("intake", "intake_words.html", "MOMENTS", ContactMoment),
    ("intake", "intake_words.html", "BANDS", IncomeBand),
    ("intake", "intake_words.html", "REASONS", (*CLOSINGS, *NOT_TAKEN_IN)),
    ("intake", "intake_words.html", "REASONS", ("no-intake", SWITCHED)),
    ("intake", "intake_words.html", "SWITCH_REASONS", SwitchReason),
    ("intake", "family_panel.html", "channel_words", ContactChannel),
    ("intake", "family_panel.html", "moment_words", ContactMoment),
    ("intake", "began_parts.html", "began_words", ("met", "mended", "switched", "asked", "intake")),
    ("intake", "family_history.html", "what_words", DONE_AT_INTAKE),
    ("intake", "family_history.html", "about_words", ContactOutcome),
    ("intake", "intake_toestemmingen.html", "SAID", ("given", "refused", "withdrawn")),
    ("matching", "match_words.html", "obstacle_words", Obstacle),
    ("matching", "match_words.html", "decline_words", DeclineReason),
    ("matching", "match_words.html", "leave_words", LeaveReason),
    ("matching", "match_words.html", "fit_words", ("same-area", "shared-language", "shared-theme", "long-waiting")),
    ("matching", "match_words.html", "change_words", TandemChange),
    ("plans", "plan_words.html", "change_words", PlanChange),
    ("plans", "plan_words.html", "phase_words", Phase),
    ("plans", "plan_words.html", "contact_words", ContactKind),
    ("plans", "plan_words.html", "present_words", Present),
    ("plans", "plan_words.html", "document_words", DocumentKind),
    ("plans", "plan_words.html", "scan_words", Scan),
    ("plans", "plan_words.html", "moment_words", MeasurementMoment),
    ("plans", "plan_words.html", "who_words", Who),
    ("budget", "money_words.html", "state_words", RequestState),
    ("budget", "money_words.html", "payment_words", PaymentState),
    ("budget", "money_words.html", "batch_words", BatchState),
    ("budget", "money_words.html", "proposal_reasons", RefusalReason),
    ("budget", "money_words.html", "argument_words", {f"purpose-{purpose}" for purpose in Purpose}),
    ("budget", "money_words.html", "argument_words", {f"elsewhere-{elsewhere}" for elsewhere in Elsewhere}),
    ("budget", "money_words.html", "purpose_words", Purpose),
    ("budget", "money_words.html", "elsewhere_words", Elsewhere),
    ("budget", "money_words.html", "reason_words", REFUSED_BY_A_RULE + NOT_DECIDED),
    ("budget", "money_words.html", "reason_words", APPROVE_REASONS + REFUSE_REASONS),
    ("desk", "decision_words.html", "decision_reason_words", APPROVE_REASONS + REFUSE_REASONS),
    ("desk", "decision_words.html", "decision_reason_words", RELEASE_REASONS + HOLD_REASONS),
    ("desk", "worklist_words.html", "kind_words", TaskKind),
    ("desk", "worklist_words.html", "whose_words", Whose),
    ("desk", "worklist_words.html", "reason_words", Reason),
    ("desk", "worklist_words.html", "outcome_words", {code for each in OUTCOMES.values() for code in each}),
    ("desk", "worklist_words.html", "said_words", Said),
    ("desk", "worklist_words.html", "due_words", DueWithin),
    ("desk", "dossier_words.html", "phase_words", Phase),
    ("desk", "dossier_words.html", "outcome_words", TrajectoryOutcome),
    ("desk", "dossier_words.html", "moment_words", MomentKind),
    ("desk", "dossier_words.html", "act_words", TrajectoryAct),
    ("desk", "dossier_words.html", "act_texts", TrajectoryAct),
    ("desk", "dossier_words.html", "code_words", (*MeasurementMoment, *DECIDED, "ready", "not-yet")),
    ("desk", "dossier_words.html", "answer_words", Answer),
    ("desk", "decision_words.html", "question_words", DeciderAsks),
    ("desk", "decision_words.html", "answer_words", AskerAnswers),
)
LOGGING = frozenset({"log_reading", "log_readings", "must_read", "opened"})
NAMES = frozenset(
    {
        "names",
        "categories",
        "goal_themes",
        "instruments",
        "needs",
        "purposes",
        "programmes",
        "languages_told",
        "themes_known",
    }
)
"""What programmes call their own: a name of a later version may be unknown to an earlier one."""


@pytest.mark.parametrize(
    ("room", "template", "name", "codes"), WORDS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_code_has_words_in_both_languages(room: str, template: str, name: str, codes: Iterable[str]) -> None:
    dutch = _dictionary(ROOT / "services" / room / "templates" / template, name)
    catalogues = [read_catalogue(folder) for folder in (ROOT / "services" / room, SHARED)]

    assert {str(code) for code in codes} - set(dutch) == set()
    assert [text for text in dutch.values() if not any(_english(each, text) for each in catalogues)] == []


def test_whatever_is_read_of_a_family_is_told_in_words() -> None:
    told = _dictionary(SHARED / "templates" / "readings_words.html", "subject_words")

    read = {what for file in (ROOT / "services").rglob("*.py") for what in _read_in(file)}

    assert {"household", "bsn", "task-notes"} <= read
    assert read - set(told) == set()


def test_a_screen_never_falls_back_on_the_code_itself() -> None:
    found = [
        f"{template.relative_to(ROOT)}: {table}"
        for room in ROOMS
        for template in sorted((room / "templates").rglob("*.html"))
        for table in _shown_as_they_are(template)
        if table not in NAMES and not table.endswith("_names")
    ]

    assert found == []


def _dictionary(template: Path, name: str) -> dict[str, str]:
    """Each code of a table of words in a template, with its Dutch."""
    (table,) = (
        each.node
        for each in _parsed(template).find_all(nodes.Assign)
        if isinstance(each.target, nodes.Name) and each.target.name == name
    )
    assert isinstance(table, nodes.Dict)
    return {pair.key.as_const(): _text(pair.value) for pair in table.items}


def _english(catalogue: Catalog, text: str) -> str:
    entry = catalogue.get(text)
    return str(entry.string) if entry is not None else ""


def _text(value: nodes.Expr) -> str:
    assert isinstance(value, nodes.Call), "words stand in a text that is translated"
    return str(value.args[0].as_const())


def _read_in(file: Path) -> Iterator[str]:
    """What a module says that is read, where it asks for the line that says so."""
    for call in (each for each in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(each, ast.Call)):
        if isinstance(call.func, ast.Name) and call.func.id in LOGGING:
            for word in call.keywords:
                match word.arg, word.value:
                    case "what", ast.Constant(value=str(what)):
                        yield what


def _shown_as_they_are(template: Path) -> Iterator[str]:
    """The tables in which a code that is not there stands for itself: `table.get(code, code)`."""
    for call in _parsed(template).find_all(nodes.Call):
        match call.node, call.args:
            case nodes.Getattr(attr="get", node=nodes.Name(name=table)), [key, instead] if key == instead:
                yield table


def _parsed(template: Path) -> nodes.Template:
    return Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(template.read_text(encoding="utf-8"))
