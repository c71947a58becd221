"""The audit is content with a sound stack, and finds each fault that is planted in one."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.exceptions import WorkflowAlreadyStartedError

from deploy.services import OWNERS
from deploy.verify import Finding, audit, checked
from deploy.verify.command import as_data
from programmes.load import DIRECTORY_VARIABLE
from services.desk.contracts import trajectory_workflow_id
from services.shared.seals import newest, seal, seal_key
from services.shared.settings import Settings
from services.shared.temporal import connect
from tests.deploy.whole_town import MET, OWN_WORDS, SURNAME, WholeTown, open_town
from tests.intake.town import PROGRAMME

EMMEN_TEXT = (Path(__file__).parent.parent / "programmes" / "kansrijk-emmen.toml").read_text()

CLOSED = (
    "UPDATE plans.trajectory SET state = 'closed', phase = 'closed', closed_on = '2027-04-01', outcome = 'stopped',"
    " next_review_on = NULL, next_measurement_on = NULL"
)


@pytest.fixture
def programme_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "programmes" / PROGRAMME / "1.toml"
    _write(file, EMMEN_TEXT)
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path / "programmes"))
    return file


@pytest.fixture
async def town(
    migrated_settings: Callable[..., Settings], programme_file: Path, tmp_path: Path
) -> AsyncIterator[WholeTown]:
    home = tmp_path / "home"
    (home / "logs").mkdir(parents=True)
    settings = migrated_settings(*OWNERS).model_copy(update={"home": home})
    async with AsyncExitStack() as stack:
        town = await open_town(settings, stack)
        await town.live()
        yield town


def _write(file: Path, content: str | bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())


async def _findings(town: WholeTown) -> list[Finding]:
    return await audit(town.settings, temporal=False, settle_seconds=0)


async def _only(town: WholeTown, check: str, *told: str) -> None:
    """Exactly one finding, of this check, whose text says all this."""
    (finding,) = [found for found in await _findings(town) if found.check == check]
    assert [word for word in told if word not in finding.text] == []


async def test_a_sound_stack_has_no_findings(town: WholeTown) -> None:
    checks = await checked(town.settings, temporal=False, settle_seconds=0)

    assert [finding for check in checks for finding in check.findings] == []
    counts = {check.check: check.counts for check in checks}
    assert counts["consumption"]["handled"] > counts["log"]["events"] > 5
    assert counts["records"] == {"places": 1, "trajectories": 1, "envelopes": 1, "tandems": 0, "tasks": 1}
    assert counts["personal data"]["names, addresses and numbers"] > 3
    assert counts["personal data"]["columns"] > 20


async def test_a_history_that_somebody_changed_behind_our_back_is_found(town: WholeTown) -> None:
    desk = town.databases["desk"]
    key = seal_key(town.settings.secret.get_secret_value())
    await seal(desk, key, await newest(desk), now=MET)
    town.plant("UPDATE desk.task_change SET person = gen_random_uuid()")

    await _only(town, "histories", "desk.task_change, rows 1 to", "not what was sealed")


async def test_the_answer_for_a_program_says_the_same(town: WholeTown) -> None:
    town.plant("UPDATE intake.outbox SET published_at = NULL WHERE type = 'nl.families.enrolled.v1'")

    data = as_data(await checked(town.settings, temporal=False, settle_seconds=0))

    assert json.loads(json.dumps(data))["clean"] is False
    assert [check["findings"] for check in data["checks"] if check["check"] == "delivery"] == [
        ["intake: events not published yet: 1 (nl.families.enrolled.v1)"]
    ]


async def test_an_event_that_never_left_is_found(town: WholeTown) -> None:
    town.plant("UPDATE plans.outbox SET published_at = NULL WHERE type = 'nl.trajectories.opened.v1'")

    await _only(town, "delivery", "plans", "not published", "nl.trajectories.opened.v1")


async def test_a_parked_message_is_found(town: WholeTown) -> None:
    town.plant(
        "INSERT INTO desk.parked (id, consumer, body, reason, place, attempts)"
        " VALUES (%s, 'desk', '\\x00', 'not-json', '?', 1)",
        uuid4(),
    )

    await _only(town, "delivery", "desk", "parked", "not-json")


async def test_an_event_that_is_still_being_tried_is_found(town: WholeTown) -> None:
    town.plant("UPDATE monitor.inbox SET state = 'retrying' WHERE type = 'nl.families.enrolled.v1'")

    await _only(town, "delivery", "monitor", "tried again")
    await _only(town, "consumption", "monitor did not handle", "nl.families.enrolled.v1")


async def test_an_event_that_a_bound_consumer_never_handled_is_found(town: WholeTown) -> None:
    town.plant("DELETE FROM workflows.inbox WHERE type = 'nl.families.enrolled.v1'")

    await _only(town, "consumption", "workflows did not handle", "nl.families.enrolled.v1")


async def test_an_event_that_nobody_told_is_found(town: WholeTown) -> None:
    town.plant(
        "INSERT INTO budget.inbox (consumer, event_id, type, subject, state, attempts)"
        " VALUES ('budget', %s, 'nl.trajectories.closed.v1', %s, 'done', 1)",
        uuid4(),
        uuid4(),
    )

    await _only(town, "consumption", "budget handled what nobody told")


async def test_an_event_that_was_changed_on_its_way_is_found(town: WholeTown) -> None:
    town.plant("UPDATE monitor.event_log SET body = body || ' ' WHERE type = 'nl.families.enrolled.v1'")

    await _only(town, "log", "other bytes", "nl.families.enrolled.v1")


async def test_an_event_that_the_log_lacks_is_found(town: WholeTown) -> None:
    town.plant("DELETE FROM monitor.event_log WHERE type = 'nl.signals.received.v1'")

    await _only(town, "log", "not in the log", "nl.signals.received.v1")
    await _only(town, "sequences", "the log misses numbers")


async def test_an_event_that_vanished_from_an_outbox_is_found(town: WholeTown) -> None:
    town.plant("DELETE FROM intake.outbox WHERE type = 'nl.signals.received.v1'")
    town.plant("UPDATE intake.outbox SET sequence = sequence + 1 WHERE type = 'nl.intakes.completed.v1'")

    await _only(town, "sequences", "intake", "hole in their numbers")
    await _only(town, "log", "told by nobody", "nl.signals.received.v1")


async def test_a_gap_that_stays_open_is_found(town: WholeTown) -> None:
    town.plant("INSERT INTO monitor.gap (source, subject, sequence) VALUES ('urn', %s, 7)", town.family_id)

    await _only(town, "sequences", "gaps", str(town.family_id))


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM plans.trajectory", "places in a programme without a trajectory"),
        ("DELETE FROM intake.enrolment", "trajectories without a place"),
        ("UPDATE plans.trajectory SET family_id = gen_random_uuid()", "of another family"),
        ("UPDATE plans.trajectory SET programme_version = 2", "of another family, programme or version"),
        (
            "UPDATE intake.enrolment SET ended_on = '2027-04-01', outcome = 'stopped'",
            "ended though the trajectory goes",
        ),
        ("DELETE FROM budget.envelope", "trajectories without an envelope"),
        (
            "UPDATE budget.envelope SET family_id = gen_random_uuid()",
            "envelopes without a trajectory of the same family",
        ),
    ],
)
async def test_services_that_do_not_agree_about_a_family_are_found(town: WholeTown, statement: str, told: str) -> None:
    town.plant(statement)

    assert told in " ".join(found.text for found in await _findings(town) if found.check == "records")


async def test_what_a_closed_trajectory_leaves_open_is_found(town: WholeTown) -> None:
    town.plant(CLOSED)

    left_open = [found.text.split(":")[0] for found in await _findings(town) if found.check == "records"]

    assert left_open == [
        "places that go on though the trajectory is closed",
        "open envelopes of closed trajectories",
        "families that wait for a tandem for a trajectory that is closed or not there",
        "open tasks about closed trajectories",
    ]


async def test_money_that_is_not_where_the_ledger_says_is_found(town: WholeTown) -> None:
    town.plant("UPDATE budget.account SET credits_posted = credits_posted + 1 WHERE code = 'pool'")

    assert "money" in {found.check for found in await _findings(town)}


async def test_a_programme_that_changed_under_its_families_is_found(town: WholeTown, programme_file: Path) -> None:
    _write(programme_file, EMMEN_TEXT.replace("places-at-once = 5", "places-at-once = 6", 1))

    await _only(town, "programmes", PROGRAMME, "not what it was when it was funded")


async def test_words_beside_a_programme_that_lead_nowhere_are_found(town: WholeTown, programme_file: Path) -> None:
    _write(
        programme_file.with_name("1.en.toml"), 'unchanged = ["areas"]\n\n[words]\n"categories[yacht].name" = "Yacht"'
    )

    await _only(town, "programmes", PROGRAMME, "1.en.toml", "cannot be read")


async def test_a_programme_that_can_no_longer_be_read_is_found(town: WholeTown, programme_file: Path) -> None:
    _write(programme_file, "id = ")

    await _only(town, "programmes", PROGRAMME, "cannot be read")


async def test_a_name_in_a_log_is_found_and_not_repeated(town: WholeTown) -> None:
    _write(town.settings.home / "logs" / "intake.log", f'{{"event": "hello mevrouw {SURNAME}"}}\n')

    (finding,) = await _findings(town)

    assert finding.check == "personal data"
    assert "logs/intake.log" in finding.text
    assert SURNAME not in finding.text


async def test_a_name_in_the_broker_s_files_is_found(town: WholeTown) -> None:
    file = town.settings.home / "rabbitmq" / "data" / "00000001.wal"
    _write(file, b"\0\1\2" * 10_000 + SURNAME.encode() + b"\0" * 100)

    await _only(town, "personal data", "rabbitmq/data/00000001.wal")


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE desk.task SET outcome = NULL, digest = NULL, kind = %s", "desk.task.kind"),
        ("UPDATE intake.outbox SET body = convert_to(%s, 'UTF8')", "intake.outbox.body"),
        ("UPDATE matching.request SET themes = ARRAY[%s]", "matching.request.themes"),
        ("UPDATE monitor.programme SET sources = jsonb_build_object('name', %s::text)", "monitor.programme.sources"),
    ],
)
async def test_a_name_in_a_table_of_another_service_is_found(town: WholeTown, statement: str, place: str) -> None:
    town.plant(statement, f"Anna {SURNAME}")

    await _only(town, "personal data", place)


async def test_a_family_s_own_words_outside_plans_are_found(town: WholeTown) -> None:
    town.plant(
        "INSERT INTO plans.review (trajectory_id, number, due_on, notes) VALUES (%s, 1, %s, %s)",
        town.trajectory_id,
        MET.date(),
        OWN_WORDS,
    )
    assert await _findings(town) == []

    town.plant("UPDATE monitor.event_log SET routing_key = %s WHERE position = 1", OWN_WORDS)

    await _only(town, "personal data", "monitor.event_log.routing_key", "own words")


async def test_a_running_stack_gets_the_time_to_come_to_rest(town: WholeTown) -> None:
    town.plant("UPDATE intake.outbox SET published_at = NULL")

    async def publish_late() -> None:
        await asyncio.sleep(1)
        await asyncio.to_thread(town.plant, "UPDATE intake.outbox SET published_at = now()")

    findings, _ = await asyncio.gather(audit(town.settings, temporal=False, settle_seconds=20), publish_late())

    assert findings == []


@pytest.mark.parametrize("server", ["temporal_dev", "temporal_skipping"])
async def test_a_trajectory_without_a_running_workflow_is_found_until_it_has_one(
    town: WholeTown, request: pytest.FixtureRequest, server: str
) -> None:
    address = request.getfixturevalue(server)
    town.settings = town.settings.model_copy(update={"temporal_address": address})
    findings = await audit(town.settings, settle_seconds=0)
    assert [(found.check, str(town.trajectory_id) in found.text) for found in findings] == [("workflows", True)]

    client = await connect(town.settings)
    await client.start_workflow(
        "FamilyTrajectory", id=trajectory_workflow_id(town.trajectory_id), task_queue="nobody-works-here"
    )

    assert await audit(town.settings, settle_seconds=0) == []


async def test_a_workflow_of_a_closed_trajectory_is_found(town: WholeTown, temporal_dev: str) -> None:
    town.settings = town.settings.model_copy(update={"temporal_address": temporal_dev})
    client = await connect(town.settings)
    # Another test of this session may have started it: that is as good.
    with suppress(WorkflowAlreadyStartedError):
        await client.start_workflow(
            "FamilyTrajectory", id=trajectory_workflow_id(town.trajectory_id), task_queue="nobody-works-here"
        )
    town.plant(CLOSED)

    findings = await audit(town.settings, settle_seconds=0)

    assert "closed trajectories with a workflow that still runs" in " ".join(found.text for found in findings)


async def test_where_temporal_is_away_the_audit_says_so(town: WholeTown) -> None:
    checks = await checked(town.settings, settle_seconds=0)

    assert [check.note for check in checks if check.check == "workflows"] == [
        "Temporal does not answer; workflows were not looked at"
    ]
