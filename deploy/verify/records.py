"""What the services know of the same family agrees: places, trajectories, envelopes, tandems, tasks."""

from dataclasses import dataclass

from deploy.verify.books import Books
from deploy.verify.findings import Checked, several


@dataclass(frozen=True)
class Rule:
    """`sql` gives the ids of what breaks it."""

    broken: str
    sql: str


NEVER_STARTED = "('no-funds', 'not-started')"

RULES = (
    Rule(
        "places in a programme without a trajectory",
        "SELECT e.trajectory_id FROM intake.enrolment e"
        " WHERE NOT EXISTS (SELECT 1 FROM plans.trajectory t WHERE t.id = e.trajectory_id)",
    ),
    Rule(
        "trajectories without a place in a programme",
        "SELECT t.id FROM plans.trajectory t"
        " WHERE NOT EXISTS (SELECT 1 FROM intake.enrolment e WHERE e.trajectory_id = t.id)",
    ),
    Rule(
        "trajectories of another family, programme or version than their place",
        "SELECT t.id FROM plans.trajectory t JOIN intake.enrolment e ON e.trajectory_id = t.id"
        " WHERE (t.family_id, t.programme, t.programme_version)"
        " <> (e.family_id, e.programme, e.programme_version)",
    ),
    Rule(
        "places that go on though the trajectory is closed",
        "SELECT t.id FROM plans.trajectory t JOIN intake.enrolment e ON e.trajectory_id = t.id"
        " WHERE t.state = 'closed' AND e.ended_on IS NULL",
    ),
    Rule(
        "places that ended though the trajectory goes on",
        "SELECT t.id FROM plans.trajectory t JOIN intake.enrolment e ON e.trajectory_id = t.id"
        " WHERE t.state <> 'closed' AND e.ended_on IS NOT NULL",
    ),
    Rule(
        "trajectories without an envelope",
        f"SELECT t.id FROM plans.trajectory t WHERE coalesce(t.outcome, '') NOT IN {NEVER_STARTED}"
        " AND NOT EXISTS (SELECT 1 FROM budget.envelope b WHERE b.trajectory_id = t.id)",
    ),
    Rule(
        "envelopes without a trajectory of the same family and programme",
        "SELECT b.trajectory_id FROM budget.envelope b WHERE NOT EXISTS (SELECT 1 FROM plans.trajectory t"
        " WHERE (t.id, t.family_id, t.programme) = (b.trajectory_id, b.family_id, b.programme))",
    ),
    Rule(
        "open envelopes of closed trajectories",
        "SELECT t.id FROM plans.trajectory t JOIN budget.envelope b ON b.trajectory_id = t.id"
        " WHERE t.state = 'closed' AND b.closed_at IS NULL",
    ),
    Rule(
        "closed envelopes of trajectories that go on",
        "SELECT t.id FROM plans.trajectory t JOIN budget.envelope b ON b.trajectory_id = t.id"
        " WHERE t.state <> 'closed' AND b.closed_at IS NOT NULL",
    ),
    Rule(
        "tandems that hold people for a trajectory that is closed or not there",
        "SELECT m.id FROM matching.tandem m LEFT JOIN plans.trajectory t ON t.id = m.trajectory_id"
        " WHERE m.state <> 'ended' AND coalesce(t.state, 'closed') = 'closed'",
    ),
    Rule(
        "families that wait for a tandem for a trajectory that is closed or not there",
        "SELECT r.trajectory_id FROM matching.request r LEFT JOIN plans.trajectory t ON t.id = r.trajectory_id"
        " WHERE r.state IN ('waiting', 'proposed', 'trial') AND coalesce(t.state, 'closed') = 'closed'",
    ),
    Rule(
        "open tasks about closed trajectories",
        # A safety concern stays until a person has dealt with it, whatever becomes of the trajectory.
        "SELECT k.id FROM desk.task k JOIN plans.trajectory t ON t.id = k.subject_id"
        " WHERE k.closed_at IS NULL AND k.kind <> 'safety-concern' AND t.state = 'closed'",
    ),
    Rule(
        "open tasks about requests that were decided",
        "SELECT k.id FROM desk.task k JOIN budget.request r ON r.id = k.subject_id"
        " WHERE k.closed_at IS NULL AND r.decided_at IS NOT NULL",
    ),
    Rule(
        "open tasks about signals that ended",
        "SELECT k.id FROM desk.task k JOIN intake.signal s ON s.id = k.subject_id"
        " WHERE k.closed_at IS NULL AND s.state = 'closed'",
    ),
)


async def check_records(books: Books) -> Checked:
    """Apply every rule; each that is broken is one finding."""
    wrong: list[str] = []
    for rule in RULES:
        wrong += several(rule.broken, sorted(str(row[0]) for row in await books.rows(rule.sql)))
    counts = {
        what: await books.count(f"SELECT count(*) FROM {table}")
        for what, table in (
            ("places", "intake.enrolment"),
            ("trajectories", "plans.trajectory"),
            ("envelopes", "budget.envelope"),
            ("tandems", "matching.tandem"),
            ("tasks", "desk.task"),
        )
    }
    return Checked(check="records", counts=counts, wrong=tuple(wrong))
