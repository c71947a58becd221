"""Making the plan with the family: where are we now, what do we want, what weighs most; and agreeing to it."""

from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from fastapi import APIRouter
from starlette.responses import Response

from services.plans import handlers, store
from services.plans.commands import GOALS_MAX, WORDS_MAX, AgreePlan, DraftPlan, NewGoal
from services.plans.domain import GoalState, Trajectory
from services.plans.handlers import PlanSeen, plan_seen
from services.plans.pages.entry import PlanWriter, opened, refusal_of, themes_of
from services.shared.permissions import Permission
from services.shared.screens.language import only_language
from services.shared.screens.said import Said
from services.shared.screens.web import FormOf, Page, PageOf, saved_in_dossier, see_other
from services.shared.web import DatabaseOf, Now

EMPTY_AT_FIRST, EMPTY_AFTER = 2, 1
"""How many goals are left to fill in: in a new plan, and below those that there are."""
CHANGED = "changed-meanwhile"

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class Row:
    """One goal as it stands in the form; the words of an agreed goal stay as they are."""

    id: UUID
    words: str
    theme: str
    place: int
    agreed: bool


def rows_of(seen: PlanSeen) -> list[Row]:
    """The goals of the form: what is open, what weighs most first, and some to fill in."""
    draft = seen.draft
    known = [
        Row(
            id=goal.id,
            words=goal.words or "",
            theme=goal.theme,
            place=place,
            agreed=draft is None or goal.version != draft.version,
        )
        for place, goal in enumerate((goal for goal in seen.goals if goal.state is GoalState.OPEN), start=1)
    ]
    return with_empty(known)


def with_empty(rows: list[Row], *, more: bool = False) -> list[Row]:
    """Room for another, or for one more if that is asked, up to what a plan can hold."""
    room = min(EMPTY_AFTER if rows and not more else EMPTY_AT_FIRST, GOALS_MAX - len(rows))
    first = len(rows) + 1
    return rows + [Row(id=uuid4(), words="", theme="", place=first + number, agreed=False) for number in range(room)]


def in_order(rows: list[Row]) -> list[Row]:
    """The goals that were filled in, in the order that was given to them."""
    filled = sorted((row for row in rows if row.words), key=lambda each: each.place)
    return [replace(row, place=place) for place, row in enumerate(filled, start=1)]


@router.get("/plannen/{trajectory_id}")
async def show(trajectory_id: UUID, actor: PlanWriter, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WRITE_PLAN, trajectory_id, what="plan", now=now)
        seen = await plan_seen(tx, trajectory_id)
    newest = seen.newest
    texts = {"situation": (newest.situation or "") if newest else "", "wishes": (newest.wishes or "") if newest else ""}
    return _form(page, trajectory, seen, texts, rows_of(seen))


@router.post("/plannen/{trajectory_id}")
async def save(
    trajectory_id: UUID, actor: PlanWriter, form: FormOf, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    """Keeps the draft; what a colleague changed meanwhile is shown beside it, never written over unseen.

    A family that agrees, agrees to what stands on the screen: that is kept first, whether or not it was saved before.
    """
    said = Said(form)
    agrees = said.has("agree")
    texts = {
        "situation": said.words("situation", length_max=WORDS_MAX),
        "wishes": said.words("wishes", length_max=WORDS_MAX),
    }
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WRITE_PLAN, trajectory_id, what="plan", now=now)
        await store.trajectory(tx, trajectory_id, lock=True)
        seen = await plan_seen(tx, trajectory_id)
        rows = _rows(said, {row.id: row for row in rows_of(seen)}, themes_of(trajectory, page))
        if only_language(form):
            return _form(page, trajectory, seen, texts, rows, mark=said.text("seen"))
        goals = in_order(rows)
        if said.has("more"):
            return _form(page, trajectory, seen, texts, with_empty(goals, more=True), mark=said.text("seen"))
        if not goals:
            said.errors["goal-1-words"] = "missing"
        if said.errors:
            shown = rows or with_empty([])
            return _form(page, trajectory, seen, texts, shown, errors=said.errors, mark=said.text("seen"), status=400)
        command = DraftPlan(
            trajectory_id=trajectory_id,
            situation=texts["situation"],
            wishes=texts["wishes"],
            goals=tuple(NewGoal(goal_id=row.id, words=row.words, theme=row.theme) for row in goals),
            seen=said.text("seen"),
        )
        if agrees and seen.holds(command, agreed=True):
            return saved_in_dossier(trajectory_id)
        refused = refusal_of(await handlers.draft_plan(tx, command, actor=actor, now=now))
        if agrees and refused is None:
            [draft, *_] = await store.plans(tx, trajectory_id)
            agreed = AgreePlan(trajectory_id=trajectory_id, version=draft.version)
            refused = refusal_of(await handlers.agree_plan(tx, agreed, actor=actor, now=now))
    if refused is not None:
        return _form(page, trajectory, seen, texts, with_empty(goals), refused=refused, status=409)
    return saved_in_dossier(trajectory_id) if agrees else see_other(f"/plans/plannen/{trajectory_id}")


def _rows(said: Said, known: dict[UUID, Row], themes: dict[str, str]) -> list[Row]:
    """The goals as they were filled in, empty ones too: a message stands at the field where it belongs."""
    rows = []
    count = said.number("rows", least=0, most=GOALS_MAX) or 0
    for number in range(1, count + 1):
        prefix = f"goal-{number}"
        goal_id = said.id(f"{prefix}-id")
        before = known.get(goal_id)
        words = said.words(f"{prefix}-words", length_max=WORDS_MAX, required=False)
        agreed = before is not None and before.agreed
        if before is not None and agreed and words in ("", before.words):
            words = before.words
        elif agreed:
            # Typed while a colleague wrote down that the family agrees to this goal: it becomes another one.
            goal_id, agreed = uuid4(), False
        theme = said.text(f"{prefix}-theme")
        if words and theme not in themes:
            said.errors[f"{prefix}-theme"] = "missing"
        place = said.number(f"{prefix}-place", least=1, most=GOALS_MAX, required=False) or number
        rows.append(Row(id=goal_id, words=words, theme=theme, place=place, agreed=agreed))
    return rows


def _form(
    page: Page,
    trajectory: Trajectory,
    seen: PlanSeen,
    texts: dict[str, str],
    rows: list[Row],
    *,
    errors: dict[str, str] | None = None,
    refused: str | None = None,
    mark: str | None = None,
    status: int = 200,
) -> Response:
    values = {
        "trajectory_id": trajectory.id,
        "seen": seen.mark if mark is None else mark,
        "texts": texts,
        "rows": rows,
        "draft": seen.draft,
        "typed": mark is not None,
        "now_there": seen if refused == CHANGED else None,
        "goal_themes": themes_of(trajectory, page),
        "errors": errors or {},
        "refused": refused,
    }
    return page("plan_form.html", values, status=status)
