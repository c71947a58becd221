"""Mail to staff through a real SMTP server: once, on working days, and without a word about anybody."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from pydantic import SecretStr
from sqlalchemy import select

from services.desk import handlers, mail_store
from services.desk.colleagues import welcome
from services.desk.commands import ReportSafetyConcern
from services.desk.contracts import EscalateTask
from services.desk.handlers.concerns import ALARM_AFTER, sound_alarms
from services.desk.mail import MailRoom
from services.desk.mail_store import ATTEMPTS_MAX, MailChoice, is_address
from services.shared.access import Actor
from services.shared.database import Database
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.desk.office import MONDAY, Office, task
from tests.screens.people import person

pytestmark = pytest.mark.engines
PROGRAMME = "kansrijk-emmen"
FAMILY_NAME = "Jansen"


def somebody(name: str, *roles: Role) -> Actor:
    return person(name, *roles, programmes=frozenset({PROGRAMME}), areas=frozenset({"angelslo"}))


SUSAN = somebody("Susan", Role.SUPPORTER)
CARLA = somebody("Carla", Role.TEAM_COORDINATOR)


class Postbox:
    """What a mail server has taken; it can be told to refuse."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.refusal: str | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # aiosmtpd's name
        if self.refusal is not None:
            return self.refusal
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
async def mail_port(postbox: Postbox) -> AsyncIterator[int]:
    """Where a mail server listens."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(postbox, hostname="localhost"), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def settings(placeholder_settings: Settings, mail_port: int) -> Settings:
    told = {"mail_host": "127.0.0.1", "mail_port": mail_port, "mail_security": "none"}
    links = {"mail_from": "kansen@voorbeeld.nl", "site_address": "https://kansen.voorbeeld.nl"}
    return placeholder_settings.model_copy(update=told | links)


@pytest.fixture
async def room(office: Office, settings: Settings) -> Callable[..., MailRoom]:
    """`room(now)`: a process that mails, at its own time; Susan and Carla can be mailed."""
    async with office.database.transaction() as tx:
        scope = tx.tables.family_scope
        await tx.execute(
            scope.insert().values(
                trajectory_id=stable_id("trajectory"),
                family_id=stable_id("family"),
                programme=PROGRAMME,
                area="angelslo",
                supporter_id=SUSAN.person,
            )
        )
        for each in (SUSAN, CARLA):
            await welcome(tx, each, now=MONDAY)
            await mail_store.keep_address(tx, each.person, f"{each.name.lower()}@voorbeeld.nl", now=MONDAY)

    def open_room(now: datetime = MONDAY, database: Database = office.database) -> MailRoom:
        return MailRoom(settings, database, clock=lambda: now)

    return open_room


def text_of(message: EmailMessage) -> str:
    return str(message.get_content())


async def test_a_digest_tells_in_counts_what_waits_and_goes_out_once(
    office: Office, room: Callable[..., MailRoom], postbox: Postbox
) -> None:
    await office.open(task(due_on=MONDAY.date() - timedelta(days=3)), task(task_id=stable_id("second")))
    async with office.database.transaction() as tx:
        await handlers.take_task(tx, task().task_id, actor=SUSAN, now=MONDAY)

    both = await asyncio.gather(room().round(), room().round())
    again = await room(MONDAY + timedelta(hours=2)).round()

    assert (sum(both), again) == (1, 0), "two processes send once, and later today nothing"
    (mail,) = postbox.taken
    assert (mail["To"], mail["From"]) == ("susan@voorbeeld.nl", "kansen@voorbeeld.nl")
    assert mail["Subject"] == "Kansen: wat er vandaag op je wacht"
    text = text_of(mail)
    assert "1 taak van jou is te laat" in text
    assert "1 taak in je team is nog van niemand" in text
    assert "2 taken zijn nieuw" in text
    assert "https://kansen.voorbeeld.nl/desk/werklijst" in text
    whole = mail.as_string()
    for secret in ("Susan", FAMILY_NAME, str(stable_id("family")), str(SUSAN.person)):
        assert secret not in whole.replace("susan@", "")


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2027, 2, 28, 9, tzinfo=UTC),
        datetime(2027, 3, 1, 5, tzinfo=UTC),
        datetime(2027, 3, 1, 18, tzinfo=UTC),
        datetime(2027, 3, 29, 9, tzinfo=UTC),
    ],
    ids=["a Sunday", "before half past seven", "in the evening", "Easter Monday"],
)
async def test_no_digest_comes_outside_working_hours(
    office: Office, room: Callable[..., MailRoom], postbox: Postbox, moment: datetime
) -> None:
    await office.open(task())

    assert await room(moment).round() == 0
    assert postbox.taken == []


async def test_whoever_has_nothing_to_do_or_wants_none_gets_none_and_english_is_a_choice(
    office: Office, room: Callable[..., MailRoom], postbox: Postbox
) -> None:
    assert await room().round() == 0, "nothing waits"
    tuesday = MONDAY + timedelta(days=1)
    await office.open(task())
    async with office.database.transaction() as tx:
        await mail_store.keep_choice(tx, SUSAN.person, MailChoice(daily=False), now=MONDAY)
    assert await room(tuesday).round() == 0
    async with office.database.transaction() as tx:
        await mail_store.keep_choice(tx, SUSAN.person, MailChoice(language="en"), now=MONDAY)
    assert await room(MONDAY + timedelta(days=2)).round() == 1
    assert postbox.taken[0]["Subject"] == "Kansen: what waits for you today"


async def test_a_safety_concern_and_an_escalation_are_mailed_at_once_also_at_night(
    office: Office, room: Callable[..., MailRoom], postbox: Postbox
) -> None:
    night = datetime(2027, 3, 1, 22, tzinfo=UTC)
    await office.open(task())
    async with office.database.transaction() as tx:
        await handlers.escalate_task(tx, EscalateTask(task_id=task().task_id, role=Role.TEAM_COORDINATOR), now=MONDAY)
        await mail_store.keep_choice(tx, CARLA.person, MailChoice(daily=False), now=MONDAY)

    assert await room(night).round() == 1
    assert await room(night + timedelta(minutes=1)).round() == 0
    (mail,) = postbox.taken
    assert (mail["To"], mail["Subject"]) == ("carla@voorbeeld.nl", "Kansen: een taak wacht te lang")
    assert f"https://kansen.voorbeeld.nl/desk/taken/{task().task_id}" in text_of(mail)


async def test_a_concern_is_mailed_to_who_is_called_within_seconds_and_again_when_the_alarm_goes_off(
    office: Office, room: Callable[..., MailRoom], postbox: Postbox
) -> None:
    night = datetime(2027, 3, 6, 23, tzinfo=UTC)
    wim = somebody("Wim", Role.PROGRAMME_MANAGER)
    async with office.database.transaction() as tx:
        await welcome(tx, wim, now=MONDAY)
        await mail_store.keep_address(tx, wim.person, "wim@voorbeeld.nl", now=MONDAY)
        await mail_store.keep_choice(tx, wim.person, MailChoice(language="en"), now=MONDAY)
    watching = room(night)
    assert await watching.round() == 0
    concern = ReportSafetyConcern(concern_id=stable_id("concern"), programme=PROGRAMME, family_id=stable_id("family"))
    async with office.database.transaction() as tx:
        await handlers.report_safety_concern(tx, concern, now=night, by=SUSAN.person)

    assert await watching.round() == 1
    assert await watching.round() == 0, "once"
    [first] = postbox.taken
    assert (first["To"], first["Subject"]) == ("carla@voorbeeld.nl", "Kansen: er is een zorg gemeld")
    assert "Er is een zorg gemeld. Open de werklijst" in text_of(first)
    for secret in ("Susan", str(SUSAN.person), str(stable_id("family"))):
        assert secret not in first.as_string()

    async with office.database.transaction() as tx:
        assert await sound_alarms(tx, now=night + ALARM_AFTER) == 1
    assert await room(night + ALARM_AFTER).round() == 2
    assert {mail["To"]: mail["Subject"] for mail in postbox.taken[1:]} == {
        "carla@voorbeeld.nl": "Kansen: alarm, een zorg is nog door niemand opgenomen",
        "wim@voorbeeld.nl": "Kansen: alarm, nobody has taken up a concern yet",
    }


async def test_a_concern_that_was_taken_up_is_mailed_to_nobody_and_given_back_it_is_again(
    office: Office, room: Callable[..., MailRoom], postbox: Postbox
) -> None:
    concern = ReportSafetyConcern(concern_id=stable_id("concern"), programme=PROGRAMME, family_id=stable_id("family"))
    postbox.refusal = "451 not now"
    async with office.database.transaction() as tx:
        task_id = await handlers.report_safety_concern(tx, concern, now=MONDAY, by=SUSAN.person)
        await mail_store.keep_choice(tx, CARLA.person, MailChoice(daily=False), now=MONDAY)
        await mail_store.keep_choice(tx, SUSAN.person, MailChoice(daily=False), now=MONDAY)
    assert await room().round() == 0
    async with office.database.transaction() as tx:
        await handlers.take_task(tx, task_id, now=MONDAY, actor=CARLA)
    postbox.refusal = None
    assert await room(MONDAY + timedelta(minutes=5)).round() == 0
    async with office.database.transaction() as tx:
        await handlers.release_task(tx, task_id, now=MONDAY + timedelta(minutes=6), actor=CARLA)
    assert await room(MONDAY + timedelta(minutes=6)).round() == 1


async def test_a_mail_server_that_is_away_is_tried_again_so_often_and_no_more(
    office: Office, room: Callable[..., MailRoom], postbox: Postbox
) -> None:
    await office.open(task())
    postbox.refusal = "451 not now"
    assert await room().round() == 0
    assert await room(MONDAY + timedelta(minutes=1)).round() == 0, "not before its time"
    postbox.refusal = None
    assert await room(MONDAY + timedelta(minutes=3)).round() == 1
    assert len(postbox.taken) == 1

    postbox.refusal = "451 not now"
    tuesday = MONDAY + timedelta(days=1)
    for minutes in range(0, 60 * 24, 20):
        await room(tuesday + timedelta(minutes=minutes)).round()
    async with office.database.transaction() as tx:
        rows = (await tx.execute(select(mail_store.mail).where(mail_store.mail.c.attempts > 1))).all()
    assert max(row.attempts for row in rows) <= ATTEMPTS_MAX


async def test_an_address_that_does_not_exist_is_not_tried_again(
    office: Office, room: Callable[..., MailRoom], postbox: Postbox
) -> None:
    await office.open(task())
    postbox.refusal = "550 no such mailbox"
    await room().round()
    postbox.refusal = None

    assert await room(MONDAY + timedelta(hours=5)).round() == 0
    assert postbox.taken == []


async def test_whoever_left_or_was_not_here_for_a_month_gets_no_mail(
    office: Office, room: Callable[..., MailRoom], postbox: Postbox
) -> None:
    await office.open(task())
    assert await room(MONDAY + timedelta(days=42)).round() == 0


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("susan@voorbeeld.nl", True),
        ("s.de-vries+werk@post.groningen.nl", True),
        ("susan", False),
        ("susan@localhost", False),
        ("a@b.nl\nBcc: all@b.nl", False),
        ("a@b.nl\n", False),
        ("a@b.nl,c@d.nl", False),
        ("x" * 250 + "@b.nl", False),
    ],
)
def test_only_what_is_one_address_is_mailed_to(text: str, good: bool) -> None:
    assert is_address(text) is good


def test_a_password_never_goes_over_a_plain_line(placeholder_settings: Settings) -> None:
    told = placeholder_settings.model_dump() | {
        "mail_host": "mail.voorbeeld.nl",
        "mail_from": "kansen@voorbeeld.nl",
        "mail_user": "kansen",
        "mail_password": SecretStr("geheim"),
        "mail_security": "none",
    }
    with pytest.raises(ValueError, match="sealed connection"):
        Settings(**told)
