"""What intake shows elsewhere: names for lists, and in the dossier the household, how to reach it and its consents."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy import ColumnElement, case, func, select
from starlette.datastructures import FormData
from starlette.responses import Response

from programmes.load import all_programmes, load
from programmes.words import in_language
from services.intake import outreach_store, store
from services.intake.pages.beginning import beginning
from services.intake.pages.signals import where_met
from services.intake.pages.steps import signal_row
from services.intake.tables import first_contact
from services.shared.access import Actor, allowed
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_readings, must_read
from services.shared.scopes import may_see, visible
from services.shared.screens.part import PartOf
from services.shared.screens.web import FormOf, PageOf
from services.shared.types import stable_id
from services.shared.web import DatabaseOf, Now

NAMES_MAX = 200
"""So many names at once: more than stand on one page of any list."""

router = APIRouter()

Reader = Annotated[Actor, Depends(allowed(Permission.READ_FAMILY))]


@router.post("/panelen/namen")
async def names(actor: Reader, form: FormOf, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """The names of families (`gezin`) and signals (`signaal`) within reach, each for its place on the page that asks.

    An id that somebody may not see is passed over, as is one that nobody knows.
    """
    families, signals = _ids(form, "gezin"), _ids(form, "signaal")
    async with database.transaction() as tx:
        known = await family_names(tx, actor, families)
        met = await _signals_met(tx, actor, signals)
        who = {*known, *(row.family_id or stable_id("family", row.id) for row in met)}
        await log_readings(tx, actor, who, what="name", now=now)
    return page(
        "names.html", {"families": known, "signals": {row.id: (row.contact_name, bool(row.needs)) for row in met}}
    )


@router.get("/panelen/naam/{trajectory_id}")
async def name(trajectory_id: UUID, actor: Reader, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    """One name, as a fragment."""
    async with database.transaction() as tx:
        scope = await must_read(tx, actor, Permission.READ_FAMILY, what="name", now=now, trajectory_id=trajectory_id)
        known = await family_names(tx, actor, [scope.family_id] if scope.family_id else [])
    return page("name.html", {"name": known.get(scope.family_id) if scope.family_id else None})


@router.get("/panelen/gezin/{trajectory_id}")
async def family(
    trajectory_id: UUID, actor: Reader, page: PageOf, part: PartOf, database: DatabaseOf, now: Now
) -> Response:
    """Who they are and how to reach them; for whoever may, also the household, what weighs, and consents."""
    async with database.transaction() as tx:
        scope = await must_read(
            tx, actor, Permission.READ_FAMILY, what="household", now=now, trajectory_id=trajectory_id
        )
        enrolment = await store.enrolment_by_trajectory(tx, trajectory_id)
        if scope.family_id is None or enrolment is None:
            raise Problem(404, "unknown-family")
        shown = await _family(tx, scope.family_id)
        whole = await may_see(tx, actor, Permission.READ_HOUSEHOLD, trajectory_id=trajectory_id)
        may_change = await may_see(tx, actor, Permission.CHANGE_FAMILY, trajectory_id=trajectory_id)
        may_keep = await may_see(tx, actor, Permission.KEEP_CONSENT, signal_id=enrolment.signal_id)
        # What was told at the intake, as it was told, is for who may see the intake itself.
        of_intake = whole and await may_see(tx, actor, Permission.DO_INTAKE, signal_id=enrolment.signal_id)
        consents = await _consents(tx, scope.family_id, enrolment.programme) if whole else []
        record = await store.intake_of(tx, enrolment.signal_id) if whole else None
        signal = await signal_row(tx, enrolment.signal_id)
        began = await beginning(tx, signal) if of_intake else []
        first = await outreach_store.first_contact_of(tx, enrolment.signal_id) if whole else None
    needs = record.urgent_needs if record is not None else []
    programme = in_language(load(enrolment.programme, enrolment.programme_version), page.language)
    values = {
        **shown,
        "part": part,
        "trajectory_id": trajectory_id,
        "signal_id": enrolment.signal_id,
        "area_names": {each.code: each.name for each in programme.areas},
        "language_names": {each.code: each.name for each in programme.languages},
        "theme_names": {each.code: each.name for each in programme.goal_domains},
        "need_names": {each.code: each.name for each in programme.categories},
        "purposes": {each.code: each.text for each in programme.intake.consents},
        "whole": whole,
        "consents": consents,
        "record": record,
        "of_intake": of_intake,
        "began": began,
        "met": where_met(programme, signal),
        "referral": first.referral if first is not None else None,
        "met_on": signal.received_at,
        "first_needs": [code for code in needs if first is not None and code in first.needs],
        "later_needs": [code for code in needs if first is None or code not in first.needs],
        "programmes": {each.id: each for each in all_programmes()},
        "enrolled_on": enrolment.enrolled_on,
        "supported": scope.supporter_id is not None,
        "may_keep": may_keep,
        "may_change": may_change and enrolment.ended_on is None,
        "today": local_date(now),
        "years": _years,
    }
    return page("family_panel.html", values)


async def family_names(tx: Transaction, actor: Actor, families: Sequence[UUID]) -> dict[UUID, str]:
    """What each family within reach is called: by its first parent, or else by who was told first."""
    scope, member = tx.tables.family_scope, store.household_member
    reached = select(scope.c.family_id).where(
        scope.c.family_id.in_(families), visible(tx, actor, Permission.READ_FAMILY)
    )
    parents_first = case((member.c.role == "parent", 0), else_=1)
    query = (
        select(member.c.family_id, _full_name().label("called"))
        .where(member.c.family_id.in_(reached))
        .order_by(member.c.family_id, parents_first, member.c.number)
    )
    found: dict[UUID, str] = {}
    for row in await tx.execute(query):
        found.setdefault(row.family_id, row.called)
    return found


async def _signals_met(tx: Transaction, actor: Actor, signals: Sequence[UUID]) -> list[Any]:
    """Each signal within reach of which somebody told a name, with what cannot wait."""
    scope, signal = tx.tables.family_scope, store.signal
    reached = select(scope.c.signal_id).where(
        scope.c.signal_id.in_(signals), visible(tx, actor, Permission.READ_SIGNAL)
    )
    query = select(signal.c.id, signal.c.family_id, signal.c.contact_name, first_contact.c.needs).select_from(
        signal.outerjoin(first_contact, first_contact.c.signal_id == signal.c.id)
    )
    return list(await tx.execute(query.where(signal.c.id.in_(reached), signal.c.contact_name.is_not(None))))


def _full_name() -> ColumnElement[str]:
    member = store.household_member
    return func.concat_ws(" ", member.c.given_name, func.nullif(member.c.prefix, ""), member.c.surname)


async def _family(tx: Transaction, family_id: UUID) -> dict[str, Any]:
    return {
        "family": await store.family_by_id(tx, family_id),
        "members": await store.members(tx, family_id),
        "births": await store.expected_births(tx, family_id),
    }


async def _consents(tx: Transaction, family_id: UUID, programme: str) -> list[Any]:
    """What the family answered last, purpose by purpose."""
    consent = store.consent
    latest = (
        select(func.max(consent.c.position))
        .where(consent.c.family_id == family_id, consent.c.programme == programme)
        .group_by(consent.c.purpose)
    )
    query = select(consent).where(consent.c.position.in_(latest)).order_by(consent.c.purpose)
    return list(await tx.execute(query))


def _years(birth_date: date, today: date) -> int:
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def _ids(form: FormData, field: str) -> list[UUID]:
    found = []
    for value in form.getlist(field)[:NAMES_MAX]:
        try:
            found.append(UUID(str(value)))
        except ValueError:
            continue
    return found
