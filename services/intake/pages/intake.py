"""Screens of an intake: a step each, saved at every button, back and forward, and who is faster hears of the other."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from programmes.load import all_programmes
from programmes.rules import HouseholdFacts
from programmes.schema import IncomeBand, Programme
from programmes.words import in_language
from services.intake import handlers, outreach_store, store
from services.intake.commands import ContactChannel, ContactMoment, MemberRole, SaveDraft
from services.intake.domain import SignalState
from services.intake.domain.bsn import read_bsn
from services.intake.domain.fitting import nearby
from services.intake.domain.told import Fault, Step, asks_income, is_empty, read_date, urgent_needs_of
from services.intake.handlers import Completed, Readings, Stale, Unfinished
from services.intake.pages.seals import SealOf
from services.intake.pages.steps import STEPS, begun_at_check, conflict, outcome_path, signal_row, step_path, version_in
from services.intake.pages.typed import OUTSIDE, known_contact, shown, ticks_interpreter, typed
from services.shared.access import Actor, allowed
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused, granted
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_reading, log_readings
from services.shared.scopes import must_see, visible_families
from services.shared.screens.language import only_language
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import stable_id
from services.shared.web import DatabaseOf, Now

router = APIRouter()

Taker = Annotated[Actor, Depends(allowed(Permission.DO_INTAKE))]
READING = "intake"


@router.get("/intakes/{signal_id}/{step}")
async def show_step(
    signal_id: UUID,
    step: Step,
    actor: Taker,
    page: PageOf,
    database: DatabaseOf,
    now: Now,
    seal: SealOf,
    terug: str = "",
) -> Response:
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
        signal = await signal_row(tx, signal_id)
        if signal.state != SignalState.OPEN:
            return see_other(outcome_path(signal_id))
        await log_reading(tx, actor, signal.family_id or stable_id("family", signal_id), what=READING, now=now)
        view = await _View.of(tx, page, signal, actor, now=now, to_check=terug == Step.CHECK.value)
        faults = view.faults_of(step) if view.draft is not None and step in view.draft.steps else []
        return await _page(tx, page, view, step, faults, seal=seal)


@router.post("/intakes/{signal_id}/{step}")
async def save_step(
    signal_id: UUID, step: Step, actor: Taker, page: PageOf, form: FormOf, database: DatabaseOf, now: Now, seal: SealOf
) -> Response:
    version, to_check = version_in(form), begun_at_check(form)
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.DO_INTAKE, signal_id=signal_id)
        signal = await signal_row(tx, signal_id)
        if signal.state != SignalState.OPEN:
            return see_other(outcome_path(signal_id))
        if step is Step.CHECK:
            return await _finish(tx, page, signal, version, actor, now=now, seal=seal)
        if step is Step.FIT:
            return see_other(step_path(signal_id, Step.CHECK))
        view = await _View.of(tx, page, signal, actor, now=now, to_check=to_check)
        if only_language(form) and step is not Step.BSN:
            told = typed(step, form, view.programme)
            return await _page(tx, page, view, step, [], seal=seal, typed_now=(version, told))
        if step is Step.BSN:
            return await _save_bsn(tx, page, view, form, version, actor, now=now, seal=seal)
        told = typed(step, form, view.programme)
        command = SaveDraft(signal_id=signal_id, version=version, step=step, told=told)
        saved = await handlers.save_step(tx, command, now=now, by=actor.person)
        if isinstance(saved, Stale):
            return conflict(page, signal_id, step, saved, actor, told, to_check=to_check)
        granted(saved)
        if form.get("more") or form.get("away"):
            return see_other(f"{step_path(signal_id, step, to_check=to_check)}#people")
        if form.get("then") == "stop":
            return see_other(f"/intake/signalen/{signal_id}")
        view = await _View.of(tx, page, signal, actor, now=now, to_check=to_check)
        if faults := view.faults_of(step):
            return await _page(tx, page, view, step, faults, seal=seal, status=400)
        if step is Step.CONSENT and handlers.refused_consents(view.programme, view.readings):
            return see_other(step_path(signal_id, step, to_check=to_check))
        if step is Step.HOUSEHOLD and await _to_choose(tx, view, seal=seal):
            return see_other(f"{step_path(signal_id, step, to_check=to_check)}#bekend")
        return see_other(step_path(signal_id, Step.CHECK if to_check else STEPS[STEPS.index(step) + 1]))


class _View:
    """A signal, its programme, and its draft as it is understood now."""

    def __init__(
        self,
        signal: Any,
        programme: Programme,
        draft: store.Draft | None,
        first: Any,
        actor: Actor,
        now: datetime,
        *,
        to_check: bool,
    ) -> None:
        self.signal, self.programme, self.draft, self.first = signal, programme, draft, first
        self.actor, self.now, self.to_check = actor, now, to_check
        self.today = local_date(now)
        empty = store.Draft(
            signal_id=signal.id, version=0, steps={}, known_family_id=None, bsn=None, saved_at=now, saved_by=signal.id
        )
        self.standing = draft or empty
        self.readings: Readings = handlers.read_draft(programme, self.standing, today=self.today)

    @classmethod
    async def of(
        cls, tx: Transaction, page: Page, signal: Any, actor: Actor, *, now: datetime, to_check: bool = False
    ) -> "_View":
        known = await store.signal_by_id(tx, signal.id)
        if known is None:
            raise Problem(404, "unknown-signal")
        draft = await store.draft_of(tx, signal.id)
        first = await outreach_store.first_contact_of(tx, signal.id)
        programme = in_language(handlers.programme_of(known), page.language)
        return cls(signal, programme, draft, first, actor, now, to_check=to_check)

    def faults_of(self, step: Step) -> list[Fault]:
        if step is Step.CHECK:
            return self.readings.faults
        return [fault for fault in self.readings.faults if fault.step is step]

    @property
    def facts(self) -> HouseholdFacts:
        """What is known now for the rules; an area that nobody told yet is nowhere."""
        return handlers.read_facts(self.signal.area, self.standing, self.readings, on=self.today)


async def _page(
    tx: Transaction,
    page: Page,
    view: _View,
    step: Step,
    faults: list[Fault],
    *,
    seal: Any,
    status: int = 200,
    typed_now: tuple[int, Any] | None = None,
) -> Response:
    """One step as a page; faults stand on top and at their fields.

    `typed_now`: what stands in the form and is not saved, and the version that the form was made from.
    """
    version, told = typed_now or (view.standing.version, await _told(tx, view, step))
    place = STEPS.index(step)
    values: dict[str, Any] = {
        "signal_id": view.signal.id,
        "step": step.value,
        "number": place + 1,
        "steps": len(STEPS),
        "before": STEPS[place - 1].value if place else None,
        "to_check": view.to_check or step is Step.CHECK,
        "version": version,
        "programme": view.programme,
        "told": told,
        "faults": faults,
        "errors": {fault.field: fault.code for fault in reversed(faults)},
    }
    match step:
        case Step.CONSENT:
            values["refused"] = handlers.refused_consents(view.programme, view.readings)
        case Step.HOUSEHOLD:
            values["roles"] = [role.value for role in MemberRole]
            values |= {"alike": await _to_choose(tx, view, seal=seal), "choosing": True}
        case Step.CONTACT:
            values |= {
                "outside": OUTSIDE,
                "other_language": view.standing.known_family_id is None and ticks_interpreter(view.standing),
                "channels": [each.value for each in ContactChannel],
                "moments": [each.value for each in ContactMoment],
            }
        case Step.WISHES:
            values |= {
                "urgent_needs": urgent_needs_of(view.programme),
                "bands": [band.value for band in IncomeBand] if asks_income(view.programme) else [],
            }
        case Step.BSN:
            values["number_kept"] = view.standing.bsn is not None
        case Step.FIT:
            fittings = nearby(view.programme, all_programmes(), view.facts)
            values |= {"fittings": fittings, "others_fit": any(each.fit.fits for each in fittings[1:])}
        case Step.CHECK:
            values |= {
                "readings": view.readings,
                "people": [
                    row | {"born": read_date(row.get("birth_date", ""))}
                    for row in view.standing.told(Step.HOUSEHOLD).get("members", [])
                    if not is_empty(row)
                ],
                "answers": view.standing.told(Step.CONSENT).get("answers", {}),
                "reached": view.standing.told(Step.CONTACT),
                "talk_language": view.standing.told(Step.CONSENT).get("language"),
                "income_asked": asks_income(view.programme),
                "number_kept": view.standing.bsn is not None,
                "refused": handlers.refused_consents(view.programme, view.readings),
                "alike": await _to_choose(tx, view, seal=seal),
                "choosing": True,
                "urgent_needs": urgent_needs_of(view.programme),
                "areas": {area.code: area.name for area in view.programme.areas},
                "languages_told": {each.code: each.name for each in view.programme.languages},
                "domains": {domain.code: domain.name for domain in view.programme.goal_domains},
                "fitting": nearby(view.programme, (), view.facts)[0],
            }
    return page(f"intake_{step.value}.html", values, status=status)


async def _told(tx: Transaction, view: _View, step: Step) -> Any:
    """What a form shows: what was saved before, or else what is known already."""
    told = shown(step, view.draft, view.signal, view.first, view.programme)
    if step is Step.CONTACT and step not in view.standing.steps and view.standing.known_family_id is not None:
        told |= known_contact(await store.family_by_id(tx, view.standing.known_family_id))
    return told


async def _to_choose(tx: Transaction, view: _View, *, seal: Any) -> list[handlers.Likely]:
    """Families that are alike, and about which somebody still has to say whether they are this one."""
    if view.draft is None or view.signal.family_id is not None:
        return []
    known = visible_families(tx, view.actor, Permission.FIND_DUPLICATES)
    alike = await handlers.likely_families(tx, view.draft, seal=seal, within=known)
    found = handlers.unanswered_likeness(view.draft, alike)
    await log_readings(tx, view.actor, (each.family_id for each in found), what="duplicates", now=view.now)
    return found


async def _save_bsn(
    tx: Transaction, page: Page, view: _View, form: Any, version: int, actor: Actor, *, now: Any, seal: Any
) -> Response:
    """What was typed is never shown again: a number that is wrong is typed anew."""
    signal_id, number, to_check = view.signal.id, str(form.get("bsn", "")).strip(), view.to_check
    keep = view.standing.bsn is not None and not form.get("away")
    if number or not keep:
        try:
            read = read_bsn(number) if number else None
        except ValueError as error:
            fault = Fault(Step.BSN, "bsn", str(error))
            return await _page(tx, page, view, Step.BSN, [fault], seal=seal, status=400)
        saved = await handlers.save_bsn(tx, signal_id, version, read, seal=seal, now=now, by=actor.person)
        if isinstance(saved, Stale):
            return conflict(page, signal_id, Step.BSN, saved, actor, {}, to_check=to_check)
        if isinstance(saved, Refused) and read is not None:
            granted(saved)
    if form.get("away"):
        return see_other(step_path(signal_id, Step.BSN, to_check=to_check))
    if form.get("then") == "stop":
        return see_other(f"/intake/signalen/{signal_id}")
    return see_other(step_path(signal_id, Step.CHECK if to_check else Step.FIT))


async def _finish(
    tx: Transaction, page: Page, signal: Any, version: int, actor: Actor, *, now: Any, seal: Any
) -> Response:
    known = visible_families(tx, actor, Permission.FIND_DUPLICATES)
    outcome = await handlers.finish_draft(tx, signal.id, version, seal=seal, now=now, by=actor.person, within=known)
    match outcome:
        case Completed():
            return see_other(outcome_path(signal.id))
        case Stale():
            return conflict(page, signal.id, Step.CHECK, outcome, actor, {})
        case Unfinished(faults=faults):
            view = await _View.of(tx, page, signal, actor, now=now)
            return await _page(tx, page, view, Step.CHECK, list(faults), seal=seal, status=400)
        case Refused(code="consent-missing"):
            return see_other(step_path(signal.id, Step.CONSENT))
        case Refused():
            # Raised inside the transaction, so that nothing of it stays.
            raise Problem(409, outcome.code)
