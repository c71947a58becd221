"""Whether a report adds up: with itself, and with what the town knows of its own people."""

from simulation.report.figures import Machine, Outcome

NOT_AN_END = ("never-met", "still-taking-part", "still-waiting", "still-in-intake")


def findings(outcome: Outcome, machine: Machine) -> list[str]:
    """What is not as it must be; empty when all is accounted for."""
    return [*_families(outcome), *_money(outcome), *_told(outcome), *_events(machine)]


def _families(outcome: Outcome) -> list[str]:
    counted = sum(outcome.families_by_outcome.values())
    found = [] if counted == outcome.families else [f"{counted} of {outcome.families} families are accounted for"]
    return found + [
        f"{count} families are {what} after the end"
        for what, count in outcome.families_by_outcome.items()
        if what in NOT_AN_END
    ]


def _money(outcome: Outcome) -> list[str]:
    """The funders' shares to the cent, and budget and monitor of one mind on what each bears."""
    balance = outcome.balance
    charged = {source.code: source.charged_cents for source in balance.sources}
    heard = dict.fromkeys(charged, 0)
    for cell in outcome.figures.money:
        heard[cell.source] = heard.get(cell.source, 0) + (cell.cell.amount or 0)
    found = [
        f"{code}: budget says {charged.get(code, 0)} cents, the monitor heard {heard[code]}"
        for code in heard
        if heard[code] != charged.get(code, 0)
    ]
    if sum(charged.values()) != balance.spent_cents:
        found.append(f"the sources bear {sum(charged.values())} cents of {balance.spent_cents} that were spent")
    weights = sum(source.share_weight for source in balance.sources)
    for source in balance.sources:
        exact = balance.spent_cents * source.share_weight
        # A share of whole cents is at most one cent beside the exact one.
        if abs(source.charged_cents * weights - exact) >= weights:
            found.append(f"{source.code} bears {source.charged_cents} cents, not its share of {balance.spent_cents}")
        if source.charged_cents > source.granted_cents:
            found.append(f"{source.code} bears more than it granted")
    return found


def _told(outcome: Outcome) -> list[str]:
    """What people did in the town is what the monitor heard of."""
    figures, done = outcome.figures, outcome.done
    heard = {
        "receive_signal": sum(cell.count or 0 for cell in figures.signals_by_channel.values()),
        "hold_review": sum(cell.count or 0 for cell in figures.reviews.values()),
        "take_measurement": sum(cell.count or 0 for cell in figures.measurements.values()),
        "give_aftercare": sum(cell.count or 0 for cell in figures.aftercare.values()),
        "log_hours": sum(cell.count or 0 for cell in figures.hours.values()),
        "submit_request": sum(cell.cell.count or 0 for cell in figures.requests),
    }
    return [
        f"the town knows of {done.get(what, 0)} x {what.replace('_', ' ')}, the monitor of {count}"
        for what, count in heard.items()
        if done.get(what, 0) != count
    ]


def _events(machine: Machine) -> list[str]:
    """Nothing on its way, nothing set apart."""
    events = machine.events
    left = {"unpublished": events.unpublished, "retrying": events.retrying, "parked": events.parked}
    return [f"{count} events are {what}" for what, count in left.items() if count]
