"""The report as a programme manager reads it."""

from collections.abc import Iterator, Mapping

from services.shared.money import euros
from simulation.lived_programme import YEARS_LATER
from simulation.report.figures import Days, Machine, Outcome

WIDTH = 44
MINUTES_AN_HOUR = 60


def as_text(outcome: Outcome, machine: Machine) -> str:
    """All of it, section by section."""
    lines: list[str] = []
    for title, section in (
        ("Families", _families(outcome)),
        ("Reach by channel", _reach(outcome)),
        ("Waiting", _waiting(outcome)),
        ("Tandems", _tandems(outcome)),
        ("Plans and goals", _plans(outcome)),
        ("Hours", _hours(outcome)),
        ("Requests", _requests(outcome)),
        ("Money", _money(outcome)),
        ("Work of people", _work(outcome)),
        ("As the town knows", _town(outcome)),
        ("The machine", _machine(machine)),
    ):
        lines += ["", title, "-" * len(title), *section]
    first = (
        f"{outcome.programme}, version {outcome.version}: {outcome.families} families, seed {outcome.seed}, lived"
        f" from {outcome.lived_from} to {outcome.lived_until} ({YEARS_LATER} years after its own dates, on the same"
        " weekdays)"
    )
    return "\n".join([first, *lines, "", f"outcome digest: {outcome.digest}"])


def _families(outcome: Outcome) -> Iterator[str]:
    yield from _counts(outcome.families_by_outcome)
    yield _line("together", sum(outcome.families_by_outcome.values()))
    figures = outcome.figures
    yield _line("trajectories begun", figures.enrolled.count or 0)
    yield _line("waited on a list", figures.waitlisted.count or 0)


def _reach(outcome: Outcome) -> Iterator[str]:
    for channel, counts in outcome.reach_by_channel.items():
        yield _line(channel, f"{counts['met']:>5} met {counts['enrolled']:>5} enrolled")


def _waiting(outcome: Outcome) -> Iterator[str]:
    yield _line("signal to enrolment", _days(outcome.signal_to_enrolment))
    yield _line("enrolment to confirmed tandem", _days(outcome.enrolment_to_tandem))
    yield _line("signal to confirmed tandem", _days(outcome.signal_to_tandem))


def _tandems(outcome: Outcome) -> Iterator[str]:
    yield from _counts({what: cell.count or 0 for what, cell in outcome.figures.tandems.items()})
    tandems = outcome.tandems
    yield _line("ended while the family went on", tandems.ended_early)
    yield _line("together after 3 months", "{} of {}".format(*tandems.after_3_months))
    yield _line("together after 12 months", "{} of {}".format(*tandems.after_12_months))


def _plans(outcome: Outcome) -> Iterator[str]:
    figures = outcome.figures
    yield from _counts({f"plan: {what}": cell.count or 0 for what, cell in figures.plans.items()})
    yield from _counts({f"goal reached: {what}": cell.count or 0 for what, cell in figures.goals_reached.items()})
    yield from _counts({f"review: {what}": cell.count or 0 for what, cell in figures.reviews.items()})
    yield from _counts({f"measurement: {what}": cell.count or 0 for what, cell in figures.measurements.items()})
    yield from _counts({f"aftercare: {what}": cell.count or 0 for what, cell in figures.aftercare.items()})


def _hours(outcome: Outcome) -> Iterator[str]:
    hours = {what: (cell.amount or 0) / MINUTES_AN_HOUR for what, cell in outcome.figures.hours.items()}
    for what, count in hours.items():
        yield _line(what, f"{count:>10.1f} hours")
    if hours.get("professional"):
        ratio = hours.get("buddy", 0.0) / hours["professional"]
        yield _line("buddy hours for one of a professional", f"{ratio:>8.2f}")


def _requests(outcome: Outcome) -> Iterator[str]:
    for request in outcome.figures.requests:
        amount = euros(request.cell.amount or 0)
        yield _line(f"{request.category}: {request.verdict}", f"{request.cell.count or 0:>5}  {amount:>14}")


def _money(outcome: Outcome) -> Iterator[str]:
    balance = outcome.balance
    for cell in outcome.figures.money:
        yield _line(f"{cell.source}: {cell.category}", f"{euros(cell.cell.amount or 0):>21}")
    for source in balance.sources:
        yield _line(
            f"{source.code} (share {source.share_weight})",
            f"{euros(source.charged_cents):>21} of {euros(source.granted_cents)}",
        )
    yield _line("spent on families", f"{euros(balance.families.spent_cents):>21}")
    yield _line("spent on the programme itself", f"{euros(balance.costs.spent_cents):>21}")
    yield _line("spent in all", f"{euros(balance.spent_cents):>21}")


def _work(outcome: Outcome) -> Iterator[str]:
    for kind, tasks in outcome.tasks.items():
        yield _line(kind, f"{tasks.closed:>5} done {tasks.late:>5} late {tasks.escalated:>5} escalated")


def _town(outcome: Outcome) -> Iterator[str]:
    yield from _counts(outcome.done)
    yield from _counts({f"refused, {what}": count for what, count in outcome.refused.items()})


def _machine(machine: Machine) -> Iterator[str]:
    events, footprint = machine.events, machine.footprint
    yield _line("events published", events.published)
    yield _line("events handled, by all who hear", events.handled)
    yield _line("events parked", events.parked)
    total, families = footprint.total, footprint.of_families
    yield _line("workflows (runs)", f"{total.workflows:>5} ({total.runs})")
    for kind, weight in footprint.by_kind.items():
        yield _line(f"history events: {kind}", weight.history_events)
    yield _line("family-years", f"{machine.family_years:>8.2f}")
    yield _line("history events a family-year", f"{machine.a_family_year(total.history_events):>8.1f}")
    yield _line("  of the family's own", f"{machine.a_family_year(families.history_events):>8.1f}")
    yield _line("history bytes a family-year", f"{machine.a_family_year(total.history_bytes):>8.0f}")
    yield _line("billable actions a family-year", f"{machine.a_family_year(total.actions):>8.1f}")
    yield _line("  of the family's own", f"{machine.a_family_year(families.actions):>8.1f}")
    yield _line("days lived", machine.days)
    yield _line("wall time", f"{machine.wall_seconds:>7.1f} s")
    for name, count in machine.restarts.items():
        yield _line(f"started again: {name}", count)


def _counts(counts: Mapping[str, int]) -> Iterator[str]:
    for what, count in counts.items():
        yield _line(what, count)


def _days(days: Days) -> str:
    if days.median is None:
        return "    nobody"
    return f"{days.median:>5} days (nine in ten within {days.p90}), {days.families} families"


def _line(what: str, value: int | str) -> str:
    told = f"{value:>5}" if isinstance(value, int) else value
    return f"  {what:<{WIDTH}} {told}"
