"""A programme as the monitor hears of it: events of several services, in envelopes with their own numbers."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.budget.events import PaymentBounced, PaymentConfirmed, SpendingRequestDecided, Verdict
from services.intake.events import FamilyDeclined, FamilyEnrolled, SignalReceived
from services.matching.events import TandemConfirmed
from services.plans.events import Contributor, GoalReached, HoursLogged, TrajectoryClosed, TrajectoryOutcome
from services.shared.events import Envelope, Event
from services.shared.types import stable_id

PROGRAMME = "kansrijk-groningen"
MET_ON = datetime(2024, 1, 8, 9, 0, tzinfo=UTC)

ANNA, BILAL, CORRIE = (stable_id("signal", name) for name in ("anna", "bilal", "corrie"))


class Teller:
    """Numbers the events of each source and subject, as the outbox does."""

    def __init__(self) -> None:
        self._numbers: Counter[tuple[str, UUID]] = Counter()

    def body(self, event: Event, at: datetime) -> bytes:
        source = f"urn:nld:oin:{'0' * 20}:systeem:{type(event).__module__.split('.')[1]}"
        self._numbers[source, event.subject] += 1
        number = self._numbers[source, event.subject]
        return Envelope.around(event, source=source, sequence=number, time=at, traceparent=None).body()


def trajectory_of(signal_id: UUID) -> UUID:
    return stable_id("trajectory", signal_id)


def met(signal_id: UUID, *, channel: str = "library", area: str = "selwerd") -> SignalReceived:
    return SignalReceived(signal_id=signal_id, programme=PROGRAMME, programme_version=1, area=area, channel=channel)


def enrolled(signal_id: UUID, on: date) -> FamilyEnrolled:
    return FamilyEnrolled(
        family_id=stable_id("family", signal_id),
        trajectory_id=trajectory_of(signal_id),
        signal_id=signal_id,
        programme=PROGRAMME,
        programme_version=1,
        area="selwerd",
        enrolled_on=on,
        children=2,
        languages=("nl",),
        themes=("geld",),
        from_waiting_list=False,
    )


def tandem(signal_id: UUID, *, replaces: bool = False) -> TandemConfirmed:
    return TandemConfirmed(
        trajectory_id=trajectory_of(signal_id),
        family_id=stable_id("family", signal_id),
        tandem_id=stable_id("tandem", signal_id, int(replaces)),
        supporter_id=stable_id("supporter"),
        buddy_id=stable_id("buddy"),
        replaces=replaces,
        waited_days=10,
    )


def decided(name: str, verdict: Verdict, amount_cents: int) -> SpendingRequestDecided:
    return SpendingRequestDecided(
        request_id=stable_id("request", name),
        trajectory_id=trajectory_of(ANNA),
        programme=PROGRAMME,
        category="fiets",
        amount_cents=amount_cents,
        urgent=False,
        verdict=verdict,
        reason="fits-plan",
        deciders=(),
    )


def confirmed(name: str, split: dict[str, int]) -> PaymentConfirmed:
    return PaymentConfirmed(
        payment_id=stable_id("payment", name),
        request_id=stable_id("request", name),
        trajectory_id=trajectory_of(ANNA),
        programme=PROGRAMME,
        category="fiets",
        amount_cents=sum(split.values()),
        split=split,
    )


def bounced(name: str) -> PaymentBounced:
    return PaymentBounced(
        payment_id=stable_id("payment", name),
        request_id=stable_id("request", name),
        trajectory_id=trajectory_of(ANNA),
        amount_cents=0,
        reason="account-closed",
    )


def a_half_year() -> list[bytes]:
    """Three families are met: Anna's gets on and reaches a goal, Bilal's stops, Corrie's lives elsewhere."""
    teller, day = Teller(), timedelta(days=1)
    told: list[tuple[Event, datetime]] = [
        (met(ANNA), MET_ON),
        (met(BILAL, channel="thrift-shop"), MET_ON + day),
        (met(CORRIE, area="elsewhere"), MET_ON + 2 * day),
        (enrolled(ANNA, date(2024, 1, 15)), MET_ON + 7 * day),
        (enrolled(BILAL, date(2024, 1, 18)), MET_ON + 10 * day),
        (
            FamilyDeclined(
                family_id=stable_id("family", CORRIE),
                signal_id=CORRIE,
                programme=PROGRAMME,
                reasons=("outside-area",),
                other_help=("wij-team",),
            ),
            MET_ON + 12 * day,
        ),
        (tandem(ANNA), MET_ON + 30 * day),
        (tandem(ANNA, replaces=True), MET_ON + 90 * day),
        (
            TrajectoryClosed(
                trajectory_id=trajectory_of(BILAL),
                family_id=stable_id("family", BILAL),
                programme=PROGRAMME,
                outcome=TrajectoryOutcome.STOPPED,
                reason="family-wishes",
                closed_on=date(2024, 3, 5),
            ),
            MET_ON + 57 * day,
        ),
        (GoalReached(trajectory_id=trajectory_of(ANNA), goal_id=stable_id("goal"), theme="geld"), MET_ON + 100 * day),
        (decided("bike", Verdict.APPROVED, 30_000), MET_ON + 60 * day),
        (decided("car", Verdict.REFUSED, 400_000), MET_ON + 61 * day),
        (confirmed("bike", {"npg": 18_485, "gemeente-groningen": 11_515}), MET_ON + 64 * day),
        (confirmed("desk", {"npg": 10_000, "gemeente-groningen": 6_231}), MET_ON + 65 * day),
        (bounced("desk"), MET_ON + 66 * day),
    ]
    for contributor, minutes in ((Contributor.PROFESSIONAL, 60), (Contributor.BUDDY, 100), (Contributor.BUDDY, 80)):
        hours = HoursLogged(
            trajectory_id=trajectory_of(ANNA), contributor=contributor, minutes=minutes, on=date(2024, 3, 1)
        )
        told.append((hours, MET_ON + 55 * day))
    return [teller.body(event, at) for event, at in told]
