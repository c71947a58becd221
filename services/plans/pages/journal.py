"""The contact journal: written down in a minute on a phone, and read back, the latest first."""

from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.plans import handlers, journal_store, store
from services.plans.commands import MINUTES_A_DAY, WORDS_MAX, WriteJournal
from services.plans.domain import ContactKind, Present, Trajectory
from services.plans.pages.entry import JournalWriter, opened, refusal_of, titles_of
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.permissions import Permission
from services.shared.scopes import may_see
from services.shared.screens.language import only_language
from services.shared.screens.said import Said
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.web import DatabaseOf, Now

ENTRIES = 20
PAGES_MAX = 500
QUICK_MINUTES = (0, 15, 30, 45, 60, 90, 120)
DATE_REFUSALS = frozenset({"in-the-future", "not-during-the-trajectory"})

router = APIRouter()


@router.get("/logboek/{trajectory_id}")
async def show(
    trajectory_id: UUID,
    actor: JournalWriter,
    page: PageOf,
    database: DatabaseOf,
    now: Now,
    number: Annotated[int, Query(alias="pagina", ge=1, le=PAGES_MAX)] = 1,
) -> Response:
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WRITE_JOURNAL, trajectory_id, what="contacts", now=now)
        shown = await _shown(tx, page, trajectory, actor, number)
    told = {"on": local_date(now).isoformat(), "kind": "", "present": (), "minutes": "", "words": "", "key": uuid4()}
    return _page(page, shown, told)


@router.post("/logboek/{trajectory_id}")
async def write(
    trajectory_id: UUID, actor: JournalWriter, form: FormOf, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    said = Said(form)
    entry_id = said.id()
    on = said.day("on")
    kind = said.option("kind", ContactKind)
    present = said.options("present", Present)
    words = said.words("words", length_max=WORDS_MAX, required=False)
    minutes = said.number("minutes", least=0, most=MINUTES_A_DAY)
    told = {
        "on": said.text("on"),
        "kind": said.text("kind"),
        "present": present,
        "minutes": said.text("minutes"),
        "words": words,
        "key": entry_id,
    }
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WRITE_JOURNAL, trajectory_id, what="contacts", now=now)
        shown = await _shown(tx, page, trajectory, actor, 1)
        if only_language(form):
            return _page(page, shown, told)
        if said.errors or on is None or kind is None:
            return _page(page, shown, told, errors=said.errors, status=400)
        command = WriteJournal(
            entry_id=entry_id,
            trajectory_id=trajectory_id,
            on=on,
            kind=kind,
            present=present,
            minutes=minutes or 0,
            words=words or None,
        )
        refused = refusal_of(await handlers.write_journal(tx, command, actor=actor, now=now))
    if refused in DATE_REFUSALS:
        return _page(page, shown, told, errors={"on": refused}, status=400)
    if refused:
        return _page(page, shown, told, refused=refused, status=409)
    return see_other(f"/plans/logboek/{trajectory_id}#contacten")


async def _shown(tx: Transaction, page: Page, trajectory: Trajectory, actor: Actor, number: int) -> dict[str, Any]:
    entries = await journal_store.entries(tx, trajectory.id, limit=ENTRIES + 1, skip=(number - 1) * ENTRIES)
    return {
        "trajectory_id": trajectory.id,
        "trajectory": trajectory,
        "titles": titles_of(trajectory, page),
        "entries": entries[:ENTRIES],
        "page_number": number,
        "has_more": len(entries) > ENTRIES,
        "hours": await store.hours_of(tx, trajectory.id),
        "all_words": await may_see(tx, actor, Permission.READ_JOURNAL, trajectory_id=trajectory.id),
        "kinds": [each.value for each in ContactKind],
        "people": [each.value for each in Present],
        "quick": QUICK_MINUTES,
    }


def _page(
    page: Page,
    shown: dict[str, Any],
    told: dict[str, Any],
    *,
    errors: dict[str, str] | None = None,
    refused: str | None = None,
    status: int = 200,
) -> Response:
    return page("journal_page.html", {**shown, "told": told, "errors": errors or {}, "refused": refused}, status=status)
