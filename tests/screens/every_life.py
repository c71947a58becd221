"""What families go through, told to the services by their own handlers: from a first meeting to being let go."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from programmes.load import load
from services.budget import handlers as budget
from services.budget.commands import TEST_DEBTOR, FundProgramme, RegisterPayee
from services.budget.contracts import OpenEnvelope
from services.intake import handlers as intake
from services.intake import store as intake_store
from services.intake.commands import (
    Address,
    CompleteIntake,
    Contact,
    GiveConsent,
    Member,
    MemberRole,
    MergeFamilies,
    ReceiveSignal,
    RecordContactAttempt,
)
from services.intake.contracts import Admit, CloseSignal
from services.intake.events import ContactOutcome
from services.matching import handlers as matching
from services.matching import store as matching_store
from services.matching.commands import ChooseTandem, EvaluateTrial, RegisterPerson
from services.matching.contracts import HoldRound, RequestTandem
from services.matching.events import TandemPart, TrialOutcome
from services.plans.contracts import OpenTrajectory
from services.plans.handlers import open_trajectory
from services.shared.roles import Role
from services.shared.types import stable_id
from tests.screens.every_family import (
    AREA,
    CAST,
    CONFIRMED,
    HENK,
    IN_A_PROGRAMME,
    NOW,
    PAYEE,
    PROGRAMME,
    STARTED,
    Family,
    Screens,
    Stage,
)
from tests.screens.intake_site import AGREED, REACHED, WISHES, household
from tests.screens.people import signed_in

FATIMA = CAST[Role.BUDDY]
OTHER_BUDDIES = tuple(stable_id("person", "another buddy", number) for number in range(9))
BORN = {stage: date(1980, 1, 1) + timedelta(days=97 * number) for number, stage in enumerate(Stage)}
"""Nobody is born on the same day, or they would be taken for one another."""
TOLD_BEFORE = (Stage.TAKEN_IN, Stage.DECLINED, *IN_A_PROGRAMME)
STEPS = {
    "toestemming": AGREED,
    "gezin": household("Ilse", "Dijkstra", "3-3-1991"),
    "bereiken": REACHED,
    "wensen": WISHES,
    "bsn": {"bsn": "111 222 333"},
}


async def begin(screens: Screens) -> None:
    """The programme has its money and its people."""
    for payee_id, name, iban in (
        (PAYEE, "De Fietsenmaker & Zn.", "NL15BANK0100000001"),
        (stable_id("payee", "executor"), "Stichting Kansrijk", "NL69TEST0000000001"),
    ):
        payee = RegisterPayee(payee_id=payee_id, name=name, iban=iban, town="Groningen")
        await screens.does("budget", budget.register_payee, payee, by=CAST[Role.CONTROLLER].person)
    money = FundProgramme(
        programme=PROGRAMME, version=1, executor_payee_id=stable_id("payee", "executor"), debtor=TEST_DEBTOR
    )
    assert isinstance(await screens.does("budget", budget.fund_programme, money), budget.Funded)
    await _work_here(screens, HENK.person, TandemPart.SUPPORTER)
    await _work_here(screens, FATIMA.person, TandemPart.BUDDY)
    await screens.town.deliver()


async def come_in(screens: Screens) -> None:
    """Families are met, tell their story and hear whether there is a place."""
    for stage in Stage:
        await _meet(screens, stage)
    tried = RecordContactAttempt(
        attempt_id=stable_id("attempt"), signal_id=_signal(Stage.HALFWAY), outcome=ContactOutcome.NOT_REACHED
    )
    await screens.does("intake", intake.record_contact_attempt, tried, by=HENK.person)
    gone = CloseSignal(signal_id=_signal(Stage.SHUT), reason="no-contact")
    await screens.does("intake", intake.close_signal, gone)
    for stage in TOLD_BEFORE:
        family = screens.families[stage]
        # Without children: this programme is not for them.
        await _tell_all(screens, family, children=0 if stage is Stage.DECLINED else 1)
        if stage is not Stage.TAKEN_IN:
            await screens.does("intake", intake.admit, Admit(signal_id=family.signal_id))
        await _find_ids(screens, family)
    await screens.town.deliver()
    await _fill_in(screens, Stage.HALFWAY, ("toestemming", "gezin"))
    await _fill_in(screens, Stage.READY, STEPS)
    await _know_twice(screens)
    for stage in IN_A_PROGRAMME:
        await _open_files(screens, screens.families[stage])
    await screens.town.deliver()


async def find_tandems(screens: Screens) -> None:
    """Who is further than choosing has chosen, and after the trial went on; one chooses now, and one waits."""
    together = screens.families[Stage.TOGETHER]
    await _hold_round(screens, 1, [together])
    await _choose(screens, together)
    for buddy in OTHER_BUDDIES:
        await _work_here(screens, buddy, TandemPart.BUDDY)
    others = [screens.families[stage] for stage in IN_A_PROGRAMME if stage not in (Stage.ENROLLED, Stage.TOGETHER)]
    await _hold_round(screens, 2, others)
    for family in others:
        if family.stage is not Stage.CHOOSING:
            await _choose(screens, family)
    await _ask_tandem(screens, screens.families[Stage.ENROLLED])
    await screens.town.deliver()


async def _choose(screens: Screens, family: Family) -> None:
    trajectory_id = family.one("trajectory_id")
    proposal = await screens.asks("matching", matching_store.proposal_for, trajectory_id)
    assert proposal is not None, family.stage
    chosen = ChooseTandem(trajectory_id=trajectory_id, tandem_id=proposal.options[0].id)
    await screens.does("matching", matching.choose_tandem, chosen, by=HENK.person)
    if family.stage in CONFIRMED:
        tried = EvaluateTrial(trajectory_id=trajectory_id, outcome=TrialOutcome.CONFIRMED)
        await screens.does("matching", matching.evaluate_trial, tried, by=HENK.person)


async def _work_here(screens: Screens, who: UUID, part: TandemPart) -> None:
    registered = RegisterPerson(
        person_id=who,
        programme=PROGRAMME,
        part=part,
        areas=(AREA,),
        team=HENK.team,
        languages=("nl",),
        themes=("money",),
        trainings=("buddy-basics", "working-safely"),
        vog_until=date(2030, 1, 1),
        capacity=20,
    )
    await screens.does("matching", matching.register_person, registered)


async def _hold_round(screens: Screens, number: int, families: Iterable[Family]) -> None:
    for family in families:
        await _ask_tandem(screens, family)
    held = HoldRound(programme=PROGRAMME, programme_version=1, round_number=number)
    await screens.does("matching", matching.hold_round, held)


def _signal(stage: Stage) -> UUID:
    return stable_id("signal", stage.name)


def surname(stage: Stage) -> str:
    return f"van der {stage.name.replace('_', '').title()}"


async def _meet(screens: Screens, stage: Stage, name: str = "") -> None:
    met = ReceiveSignal(
        signal_id=stable_id("signal", name or stage.name),
        programme=PROGRAMME,
        area=AREA,
        channel="library",
        contact_name=f"Mevrouw {surname(stage)}",
        contact_phone="0612345678",
        needs=("bicycle",) if stage is Stage.MET else (),
    )
    await screens.does("intake", intake.receive_signal, met, by=CAST[Role.OUTREACH_WORKER].person, now=_when(stage))
    screens.families.setdefault(stage, Family(stage, met.signal_id, {"signal_id": [str(met.signal_id)]}))


def _when(stage: Stage) -> datetime:
    return STARTED if stage in IN_A_PROGRAMME else NOW - timedelta(days=4)


async def _tell_all(screens: Screens, family: Family, *, children: int) -> None:
    stage = family.stage
    for purpose in load(PROGRAMME, 1).intake.consents:
        given = GiveConsent(signal_id=family.signal_id, purpose=purpose.code, given=purpose.code != "aftercare")
        await screens.does("intake", intake.give_consent, given, by=HENK.person, now=_when(stage))
    parent = Member(role=MemberRole.PARENT, given_name="Samira", surname=surname(stage), birth_date=BORN[stage])
    child = Member(role=MemberRole.CHILD, given_name="Noor", surname=surname(stage), birth_date=date(2017, 3, 9))
    told = CompleteIntake(
        signal_id=family.signal_id,
        address=Address(area=AREA, street="Amkemaheerd", house_number="12", postcode="9736AB", city="Groningen"),
        contact=Contact(phone="06 12345678", email="samira@example.org", languages=("nl",)),
        members=(parent, *[child] * children),
        themes=("money", "school"),
        urgent_needs=("bicycle",) if stage in (Stage.ENROLLED, Stage.TOGETHER) else (),
        income_band="up-to-110-percent",
    )
    done = await screens.does("intake", intake.complete_intake, told, by=HENK.person, now=_when(stage))
    assert isinstance(done, intake.Completed), (stage, done)


async def _find_ids(screens: Screens, family: Family) -> None:
    signal = await screens.asks("intake", intake_store.signal_by_id, family.signal_id)
    family.has("family_id", signal.family_id)
    enrolment = await screens.asks("intake", intake_store.enrolment_of, family.signal_id)
    assert (enrolment is not None) == (family.stage in IN_A_PROGRAMME), family.stage
    if enrolment is not None:
        family.has("trajectory_id", enrolment.trajectory_id)


async def _fill_in(screens: Screens, stage: Stage, steps: Iterable[str]) -> None:
    """Some steps of an intake, as they are typed into its forms."""
    async with signed_in(screens.apps["intake"], HENK) as client:
        for version, step in enumerate(steps):
            told = STEPS[step] | {"version": str(version)}
            answer = await client.post(f"/intakes/{_signal(stage)}/{step}", data=told)
            assert answer.status_code == 303, (step, answer.text)


async def _know_twice(screens: Screens) -> None:
    """One of the families was taken in under another name, and it showed."""
    await _meet(screens, Stage.MERGED, "met again")
    again = Family(Stage.MERGED, stable_id("signal", "met again"))
    told = Family(Stage.MERGED, again.signal_id)
    await _tell_all(screens, told, children=1)
    signal = await screens.asks("intake", intake_store.signal_by_id, again.signal_id)
    kept = screens.families[Stage.MERGED]
    merge = MergeFamilies(merge_id=uuid4(), kept_id=kept.one("family_id"), merged_id=signal.family_id)
    merged = await screens.does("intake", intake.merge_families, merge, by=CAST[Role.TEAM_COORDINATOR].person)
    assert merged == kept.one("family_id")
    kept.has("family_id", signal.family_id)
    kept.has("signal_id", again.signal_id)


async def _open_files(screens: Screens, family: Family) -> None:
    """What its trajectory asks of plans and budget at its beginning."""
    trajectory_id, family_id = family.one("trajectory_id"), family.one("family_id")
    opened = OpenTrajectory(
        trajectory_id=trajectory_id,
        family_id=family_id,
        programme=PROGRAMME,
        programme_version=1,
        area=AREA,
        started_on=STARTED.date(),
    )
    await screens.does("plans", open_trajectory, opened)
    envelope = OpenEnvelope(trajectory_id=trajectory_id, family_id=family_id, programme=PROGRAMME, programme_version=1)
    assert (await screens.does("budget", budget.open_envelope, envelope)).opened


async def _ask_tandem(screens: Screens, family: Family) -> None:
    asked = RequestTandem(
        trajectory_id=family.one("trajectory_id"),
        family_id=family.one("family_id"),
        number=1,
        programme=PROGRAMME,
        programme_version=1,
        area=AREA,
        languages=("nl",),
        themes=("money",),
    )
    await screens.does("matching", matching.request_tandem, asked)
