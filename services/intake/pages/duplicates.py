"""Screens on families that may be one: while an intake is typed, and afterwards, for who may let two files be one."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.intake import handlers, store
from services.intake.commands import ChooseFamily, FindLikelyDuplicates, MergeFamilies, UnmergeFamilies
from services.intake.domain.told import Step
from services.intake.handlers import FAMILY_STEP, Stale
from services.intake.pages.seals import SealOf
from services.intake.pages.steps import begun_at_check, conflict, step_path, version_in
from services.intake.pages.typed import typed
from services.shared.access import Actor, allowed
from services.shared.database import Transaction
from services.shared.outcomes import Refused, granted
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_reading, log_readings
from services.shared.scopes import may_see, must_be_in, must_see, visible_families
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import stable_id
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Finder = Annotated[Actor, Depends(allowed(Permission.DO_INTAKE))]
Merger = Annotated[Actor, Depends(allowed(Permission.MERGE_FAMILIES))]
OTHERS_MAX = 10
READING = "duplicates"


@router.post("/lijkt-op/{signal_id}")
async def show_alike(
    signal_id: UUID, actor: Finder, page: PageOf, form: FormOf, database: DatabaseOf, now: Now, seal: SealOf
) -> Response:
    """While typing: who is alike, from what stands in the form now. Nothing is saved."""
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
        signal = granted(await _open_signal(tx, signal_id), status=404)
        must_be_in(actor, Permission.FIND_DUPLICATES, signal.programme)
        alike: list[handlers.Likely] = []
        if signal.family_id is None:
            told = typed(Step.HOUSEHOLD, form, handlers.programme_of(signal))
            alike = await _alike(tx, actor, signal, told, seal=seal, now=now)
            await log_readings(tx, actor, (family.family_id for family in alike), what=READING, now=now)
    values = {"alike": alike, "choosing": False, "signal_id": signal_id, "version": version_in(form)}
    return page("intake_lijkt_op.html", values)


@router.post("/bekend/{signal_id}")
async def choose_family(
    signal_id: UUID, actor: Finder, page: PageOf, form: FormOf, database: DatabaseOf, now: Now, seal: SealOf
) -> Response:
    """It is this family, or (empty) another one."""
    chosen = _id_in(form, "family")
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
        command = ChooseFamily(signal_id=signal_id, version=version_in(form), family_id=chosen)
        known = visible_families(tx, actor, Permission.FIND_DUPLICATES)
        saved = await handlers.choose_family(tx, command, seal=seal, now=now, by=actor.person, within=known)
        if isinstance(saved, Stale):
            return conflict(
                page, signal_id, Step.HOUSEHOLD, saved, actor, {}, saved_as=FAMILY_STEP, to_check=begun_at_check(form)
            )
        granted(saved)
    return see_other(step_path(signal_id, Step.CHECK if begun_at_check(form) else Step.CONTACT))


@router.get("/samenvoegen/{family_id}")
async def show_merge(family_id: UUID, actor: Merger, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    async with database.transaction() as tx:
        return await _merge_page(tx, page, actor, family_id, now=now)


@router.post("/samenvoegen/{family_id}")
async def merge(family_id: UUID, actor: Merger, page: PageOf, form: FormOf, database: DatabaseOf, now: Now) -> Response:
    """The other family goes into this one."""
    other, key = _id_in(form, "other"), _id_in(form, "key")
    if other is None or key is None:
        raise Problem(400, "invalid-input")
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.MERGE_FAMILIES, family_id=family_id)
        if not await _is_done(tx, key):
            await must_see(tx, actor, Permission.MERGE_FAMILIES, family_id=other)
        command = MergeFamilies(merge_id=key, kept_id=family_id, merged_id=other)
        outcome = await handlers.merge_families(tx, command, now=now, by=actor.person)
        if isinstance(outcome, Refused):
            return await _merge_page(tx, page, actor, family_id, now=now, refused=outcome.code)
    return see_other(f"/intake/samenvoegen/{family_id}")


@router.post("/uit-elkaar/{family_id}")
async def unmerge(
    family_id: UUID, actor: Merger, page: PageOf, form: FormOf, database: DatabaseOf, now: Now
) -> Response:
    merge_id = _id_in(form, "merge")
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.MERGE_FAMILIES, family_id=family_id)
        known = {row.id for row in await handlers.merges_of(tx, family_id)}
        if merge_id is None or merge_id not in known:
            raise Problem(404, "unknown-merge")
        outcome = await handlers.unmerge_families(tx, UnmergeFamilies(merge_id=merge_id), now=now, by=actor.person)
        if isinstance(outcome, Refused):
            return await _merge_page(tx, page, actor, family_id, now=now, refused=outcome.code)
    return see_other(f"/intake/samenvoegen/{family_id}")


async def _is_done(tx: Transaction, merge_id: UUID) -> bool:
    """Sent twice: the first one has let it go into this one already, and nobody sees it on its own any more."""
    return await handlers.merge_by_id(tx, merge_id) is not None


async def _merge_page(
    tx: Transaction, page: Page, actor: Actor, family_id: UUID, *, now: datetime, refused: str | None = None
) -> Response:
    await must_see(tx, actor, Permission.MERGE_FAMILIES, family_id=family_id)
    family = await _family(tx, family_id)
    others = []
    for other_id in await _others(tx, family_id):
        if await may_see(tx, actor, Permission.MERGE_FAMILIES, family_id=other_id):
            # The key follows from what stands now: pressed twice it is one merge, after an undo it is a new one.
            times = len(await handlers.merges_of(tx, other_id))
            key = stable_id("merge", family_id, other_id, times)
            others.append(await _family(tx, other_id) | {"key": key})
    for each in (family, *others):
        await log_reading(tx, actor, each["id"], what=READING, now=now)
    values = {
        "family": family,
        "others": others,
        "history": await handlers.merges_of(tx, family_id),
        "merged_into": family["merged_into"],
        "refused": refused,
    }
    return page("intake_samenvoegen.html", values, status=409 if refused else 200)


async def _family(tx: Transaction, family_id: UUID) -> dict[str, Any]:
    row = await store.family_by_id(tx, family_id)
    if row is None or row.erased_at is not None:
        raise Problem(404, "unknown-family")
    return {
        "id": family_id,
        "created_at": row.created_at,
        "merged_into": row.merged_into,
        "postcode": row.postcode,
        "members": await store.members(tx, family_id),
        "signals": len(await store.signals_of(tx, family_id)),
        "active": bool(await store.active_enrolments(tx, family_id)),
    }


async def _others(tx: Transaction, family_id: UUID) -> list[UUID]:
    """Families with somebody who resembles one of this one."""
    family = await store.family_by_id(tx, family_id)
    found: dict[UUID, int] = {}
    for member in await store.members(tx, family_id):
        asked = FindLikelyDuplicates(
            given_name=member.given_name,
            prefix=member.prefix,
            surname=member.surname,
            birth_date=member.birth_date,
            postcode=family.postcode,
        )
        for each in await handlers.find_likely_duplicates(tx, asked):
            if each.family_id != family_id:
                found[each.family_id] = max(each.score, found.get(each.family_id, 0))
    return sorted(found, key=lambda each: (-found[each], each))[:OTHERS_MAX]


async def _alike(
    tx: Transaction, actor: Actor, signal: store.Signal, told: dict[str, Any], *, seal: Any, now: datetime
) -> list[handlers.Likely]:
    """As if it were saved: what was chosen before counts."""
    draft = await store.draft_of(tx, signal.id)
    steps = draft.steps if draft is not None else {}
    as_typed = store.Draft(
        signal_id=signal.id,
        version=draft.version if draft is not None else 0,
        steps=steps | {Step.HOUSEHOLD: {"told": told}},
        known_family_id=draft.known_family_id if draft is not None else None,
        bsn=draft.bsn if draft is not None else None,
        saved_at=now,
        saved_by=signal.id,
    )
    known = visible_families(tx, actor, Permission.FIND_DUPLICATES)
    alike = await handlers.likely_families(tx, as_typed, seal=seal, within=known)
    return handlers.unanswered_likeness(as_typed, alike)


async def _open_signal(tx: Transaction, signal_id: UUID) -> store.Signal | Refused:
    return await store.signal_by_id(tx, signal_id) or Refused("unknown-signal")


def _id_in(form: Any, name: str) -> UUID | None:
    """An id in a form; None where it is empty. Answers 400 to what is none."""
    text = str(form.get(name, ""))
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Problem(400, "invalid-input") from None
