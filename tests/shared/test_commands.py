"""What an operator sees of parked messages, and how a token for trying out is made."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.monitor.bus import consumer
from services.monitor.store import tables
from services.shared import parked_command, token_command
from services.shared.access import read_token
from services.shared.database import Database
from services.shared.inbox import Inbox
from services.shared.parking import count_parked
from services.shared.roles import Role
from services.shared.settings import Settings, SettingsError
from tests.monitor.heard import ANNA, MET_ON, Teller, met

SECRET = "a secret that only these tests use, and nowhere else"


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "HOME": str(tmp_path),
        "SECRET": SECRET,
        "DATABASE_URL": "postgresql+psycopg://kansen@127.0.0.1:1/kansen",
        "RABBITMQ_URL": "amqp://kansen@127.0.0.1:1/kansen",
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
    }.items():
        monkeypatch.setenv(f"KANSEN_{name}", value)


def _token(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    token_command.add_arguments(parser)
    return token_command.run(parser.parse_args(arguments))


def test_a_token_carries_its_person_and_roles_and_ends(local: None, capsys: pytest.CaptureFixture[str]) -> None:
    person = uuid4()

    assert _token("--role", "controller", "matcher", "--person", str(person), "--hours", "2") == 0

    token, now = capsys.readouterr().out.strip(), datetime.now(UTC)
    actor = read_token(SECRET, token, now=now)
    assert actor is not None
    assert (actor.person, actor.roles) == (person, frozenset({Role.CONTROLLER, Role.MATCHER}))
    assert read_token(SECRET, token, now=now.replace(year=now.year + 1)) is None


def test_no_token_is_made_where_people_sign_in(
    local: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KANSEN_ENVIRONMENT", "production")
    monkeypatch.setenv("KANSEN_OIN", "00000001003214345000")
    monkeypatch.setenv("KANSEN_SITE_ADDRESS", "https://kansen.example")
    monkeypatch.setenv("KANSEN_OIDC_ISSUER", "https://sign-in.example")
    monkeypatch.setenv("KANSEN_OIDC_CLIENT_ID", "kansen")

    assert _token("--role", "administrator") == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("hours", ["0", "-1", "100000"])
def test_a_token_has_a_reasonable_life(local: None, hours: str) -> None:
    assert _token("--role", "controller", "--hours", hours) == 2


def test_without_settings_there_is_no_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KANSEN_HOME", str(tmp_path))
    monkeypatch.delenv("KANSEN_SECRET", raising=False)

    with pytest.raises(SettingsError, match="secret"):
        _token("--role", "controller")


class Stack:
    """Two services' tables of which one has parked messages, and the command as an operator types it."""

    def __init__(self, settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings = settings
        self._capsys = capsys
        monkeypatch.setattr(parked_command, "load_settings", lambda: settings)

    async def parked(self, *arguments: str) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser()
        parked_command.add_arguments(parser)
        # The command starts a loop of its own, as it does at an operator's prompt.
        self._capsys.readouterr()
        code = await asyncio.to_thread(parked_command.run, parser.parse_args(arguments))
        told = self._capsys.readouterr()
        return code, told.out, told.err


@pytest.fixture
def stack(
    migrated_settings: Callable[..., Settings],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Stack:
    return Stack(migrated_settings("matching", "monitor"), capsys, monkeypatch)


@pytest.fixture
async def inbox(stack: Stack) -> AsyncIterator[Inbox]:
    """The monitor's inbox with one message that is no event, and one of a type that nobody knows."""
    database = _database(stack.settings)
    inbox = Inbox(database, consumer)
    await inbox.receive(b"\xff Jan de Boer, 06 12345678")
    unknown = Teller().body(met(ANNA), MET_ON).replace(b"nl.signals.received.v1", b"nl.signals.received.v9")
    await inbox.receive(unknown)
    yield inbox
    await database.close()


def _database(settings: Settings) -> Database:
    return Database(settings.database_url_for("monitor"), tables=tables, source=settings.source_of("monitor"))


def _ids(listing: str) -> list[UUID]:
    return [UUID(line.split()[0]) for line in listing.splitlines()]


async def test_parked_messages_are_listed_with_service_and_reason(stack: Stack, inbox: Inbox) -> None:
    code, out, _ = await stack.parked("list")

    assert code == 0
    assert len(_ids(out)) == 2
    assert "monitor" in out
    assert "not-json" in out
    assert "unknown-type" in out


async def test_a_parked_message_can_be_looked_at_but_unreadable_bytes_are_not_shown(stack: Stack, inbox: Inbox) -> None:
    _, listing, _ = await stack.parked()
    shown = [await stack.parked("show", str(parked_id)) for parked_id in _ids(listing)]

    assert [code for code, _, _ in shown] == [0, 0]
    text = "".join(out for _, out, _ in shown)
    assert "nl.signals.received.v9" in text
    assert "bytes that are no JSON" in text
    assert "Boer" not in text


async def test_resending_one_message_marks_that_one(stack: Stack, inbox: Inbox) -> None:
    _, listing, _ = await stack.parked("list", "--service", "monitor")

    code, out, _ = await stack.parked("resend", str(_ids(listing)[0]))

    assert (code, out.split()[0]) == (0, "1")
    _, listing, _ = await stack.parked("list")
    assert listing.count("to be handled again") == 1


async def test_what_fails_again_stays_parked(stack: Stack, inbox: Inbox) -> None:
    code, out, _ = await stack.parked("resend", "--all")
    assert (code, out.split()[0]) == (0, "2")

    await inbox.retry_due()

    _, listing, _ = await stack.parked("list")
    assert len(_ids(listing)) == 2
    assert "to be handled again" not in listing


async def test_nothing_parked_is_nothing_listed(stack: Stack) -> None:
    assert await stack.parked("list") == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("resend",), "resend which"),
        (("show",), "show which"),
        (("list", "--service", "nobody"), "no service is called nobody: matching, monitor"),
        (("show", str(UUID(int=7))), "no such message"),
        (("resend", str(UUID(int=7))), "no such message"),
    ],
)
async def test_what_cannot_be_done_is_one_clear_line(stack: Stack, arguments: tuple[str, ...], told: str) -> None:
    code, out, error = await stack.parked(*arguments)

    assert code != 0
    assert out == ""
    assert told in error
    assert len(error.splitlines()) == 1


async def test_a_resent_message_that_can_be_handled_now_is_no_longer_parked(stack: Stack, inbox: Inbox) -> None:
    database = _database(stack.settings)
    async with database.transaction() as tx:
        good = Teller().body(met(ANNA), MET_ON)
        await tx.execute(tables.parked.update().where(tables.parked.c.reason == "unknown-type").values(body=good))
    before = await count_parked(database)

    await stack.parked("resend", "--all")
    await inbox.retry_due()

    assert (before, await count_parked(database)) == (2, 1)
    await database.close()
