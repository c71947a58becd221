"""Every event left its outbox and was handled once by everyone who is bound to it."""

from deploy.consumers import Bound
from deploy.services import OWNERS, part_of
from deploy.verify.books import Books
from deploy.verify.findings import SHOWN_MAX, Checked, several
from services.shared.relay import KEEP_PUBLISHED

# What was published longer ago than this may be tidied away while the audit looks at who consumed it.
TIDIED_AFTER_DAYS = KEEP_PUBLISHED.days - 1


def owners_with_tables() -> list[str]:
    """The schemas that have an outbox and an inbox."""
    return [owner for owner in OWNERS if part_of(owner, "store") is not None]


async def check_delivery(books: Books) -> Checked:
    """Nothing waits: outboxes are empty, nothing is tried again, nothing is parked."""
    wrong: list[str] = []
    published = 0
    for schema in owners_with_tables():
        published += await books.count(f"SELECT count(*) FROM {schema}.outbox")
        for what, sql in (
            ("events not published yet", f"SELECT type FROM {schema}.outbox WHERE published_at IS NULL"),
            ("events being tried again", f"SELECT type FROM {schema}.inbox WHERE state = 'retrying'"),
            (
                "messages parked",
                f"SELECT coalesce(type, 'unreadable') || ' ' || reason FROM {schema}.parked WHERE resolved_at IS NULL",
            ),
        ):
            wrong += several(f"{schema}: {what}", sorted(row[0] for row in await books.rows(sql)))
    return Checked(check="delivery", counts={"events": published}, wrong=tuple(wrong))


async def check_consumption(books: Books, bound: list[Bound]) -> Checked:
    """Each event in an outbox has one handled row at every consumer bound to it, and no row is without an event."""
    schemas = owners_with_tables()
    told = " UNION ALL ".join(f"SELECT event_id, type FROM {schema}.outbox" for schema in schemas)
    wrong: list[str] = []
    handled = 0
    for each in bound:
        name = each.consumer.name
        types = None if each.consumer.on_everything is not None else sorted(each.consumer.handlers)
        mine = f"SELECT event_id FROM {each.schema}.inbox WHERE consumer = :consumer AND state = 'done'"
        handled += await books.count(f"SELECT count(*) FROM ({mine}) m", consumer=name)
        missed = await books.rows(
            f"SELECT type, event_id FROM ({told}) told WHERE (:every OR type = ANY(:types))"
            f" AND event_id NOT IN ({mine}) ORDER BY type, event_id",
            consumer=name,
            every=types is None,
            types=types or [],
        )
        wrong += several(f"{name} did not handle", [f"{row.type} {row.event_id}" for row in missed])
        unknown = await books.rows(
            f"SELECT type, event_id FROM {each.schema}.inbox WHERE consumer = :consumer"
            f" AND handled_at > clock_timestamp() - make_interval(days => {TIDIED_AFTER_DAYS})"
            f" AND event_id NOT IN (SELECT event_id FROM ({told}) told) ORDER BY type, event_id",
            consumer=name,
        )
        wrong += several(f"{name} handled what nobody told", [f"{row.type} {row.event_id}" for row in unknown])
    return Checked(check="consumption", counts={"consumers": len(bound), "handled": handled}, wrong=tuple(wrong))


async def check_sequences(books: Books) -> Checked:
    """The numbers of each subject follow one another, in every outbox and in the monitor's log."""
    wrong: list[str] = []
    subjects = 0
    for schema in owners_with_tables():
        subjects += await books.count(f"SELECT count(*) FROM {schema}.subject_sequence")
        # The oldest events may have been tidied away; from the oldest that is there on, none is missing.
        broken = await books.rows(
            "SELECT subject FROM (SELECT subject, min(sequence) AS first, max(sequence) AS last, count(*) AS total"
            f" FROM {schema}.outbox GROUP BY subject) o FULL JOIN {schema}.subject_sequence s USING (subject)"
            " WHERE o.total <> o.last - o.first + 1 OR o.last IS DISTINCT FROM s.last AND o.last IS NOT NULL"
            " ORDER BY subject"
        )
        wrong += several(f"{schema}: subjects with a hole in their numbers", [str(row.subject) for row in broken])
    holes = await books.rows(
        "SELECT source, subject FROM monitor.event_log GROUP BY source, subject"
        " HAVING count(*) <> max(sequence) ORDER BY source, subject"
    )
    wrong += several("monitor: subjects of which the log misses numbers", [str(row.subject) for row in holes])
    gaps = await books.rows("SELECT subject, sequence FROM monitor.gap WHERE closed_at IS NULL ORDER BY 1, 2")
    wrong += several("monitor: gaps that were noticed and not closed", [f"{row[0]} {row[1]}" for row in gaps])
    return Checked(check="sequences", counts={"subjects": subjects}, wrong=tuple(wrong))


async def check_log(books: Books) -> Checked:
    """The monitor's log holds every event that is in an outbox, with the same bytes, and none that is not."""
    told = " UNION ALL ".join(f"SELECT event_id, type, body FROM {schema}.outbox" for schema in owners_with_tables())
    wrong: list[str] = []
    for what, condition in (
        ("not in the log", "l.event_id IS NULL"),
        ("in the log with other bytes", "l.body <> o.body"),
        (
            "in the log but told by nobody",
            f"o.event_id IS NULL AND l.received_at > clock_timestamp() - make_interval(days => {TIDIED_AFTER_DAYS})",
        ),
    ):
        found = f"FROM ({told}) o FULL JOIN monitor.event_log l USING (event_id) WHERE {condition}"
        total = await books.count(f"SELECT count(*) {found}")
        shown = await books.rows(
            f"SELECT event_id, coalesce(o.type, l.type) AS type {found} ORDER BY 2, 1 LIMIT {SHOWN_MAX}"
        )
        wrong += several(what, [f"{row.type} {row.event_id}" for row in shown], total)
    logged = await books.count("SELECT count(*) FROM monitor.event_log")
    return Checked(check="log", counts={"events": logged}, wrong=tuple(wrong))
