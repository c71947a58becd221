"""Mail over a sealed line to a real SMTP server that asks for a password; and when something is wrong with it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from pydantic import SecretStr
from sqlalchemy import select
from structlog.testing import capture_logs

from services.desk import mail_store
from services.desk.colleagues import welcome
from services.desk.mail import SERVER_WAITS, MailRoom, mail_goes
from services.desk.mail_server import Trouble
from services.desk.mail_store import MailChoice
from services.shared.roles import Role
from services.shared.service import Part
from services.shared.settings import Settings
from services.shared.temporal import connect
from tests.desk.office import MONDAY, Office, person, task
from tests.shared.certificates import Authority

# The server of the test is told that implicit TLS is no TLS, and warns of it.
pytestmark = [pytest.mark.engines, pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")]

HOST = "127.0.0.1"
PASSWORD = "a password that only this test knows"
SUSAN = person("Susan", Role.SUPPORTER)
KARIM = person("Karim", Role.SUPPORTER)


class Server:
    """A mail server of a test: what it took, and what it answers to a mail."""

    def __init__(self, authority: Authority) -> None:
        signed = authority.sign("mail", HOST)
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.tls.load_cert_chain(signed.cert, signed.key)
        self.taken: list[EmailMessage] = []
        self.sealed: list[bool] = []
        self.connections = 0
        self.hangs_up_after_taking = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # aiosmtpd's name
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        self.sealed.append(server.transport.get_extra_info("sslcontext") is not None)
        if self.hangs_up_after_taking:
            server.transport.abort()
        return "250 OK"

    def who(self, server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    @asynccontextmanager
    async def listening(self, security: str = "starttls", port: int = 0) -> AsyncIterator[int]:
        def speak() -> SMTP:
            self.connections += 1
            return SMTP(
                self,
                hostname="localhost",
                tls_context=self.tls if security == "starttls" else None,
                require_starttls=security == "starttls",
                authenticator=self.who,
                auth_required=True,
                auth_require_tls=security == "starttls",
            )

        loop = asyncio.get_running_loop()
        sealed = self.tls if security == "tls" else None
        async with await loop.create_server(speak, HOST, port, ssl=sealed) as listening:
            yield listening.sockets[0].getsockname()[1]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "municipality")


@pytest.fixture
def server(authority: Authority) -> Server:
    return Server(authority)


@pytest.fixture
async def room(office: Office, placeholder_settings: Settings, authority: Authority) -> Callable[..., MailRoom]:
    """`room(port)`: a process that mails by that server; work waits for Susan, who reads English."""
    await office.open(task())
    async with office.database.transaction() as tx:
        await welcome(tx, SUSAN, now=MONDAY)
        await mail_store.keep_address(tx, SUSAN.person, "susan@voorbeeld.nl", now=MONDAY)
        await mail_store.keep_choice(tx, SUSAN.person, MailChoice(language="en"), now=MONDAY)

    def open_room(port: int, *, clock: Callable[[], Any] = lambda: MONDAY, **changes: object) -> MailRoom:
        told: dict[str, object] = {"mail_host": HOST, "mail_port": port, "mail_from": "kansen@voorbeeld.nl"}
        told |= {"mail_user": "kansen", "mail_password": SecretStr(PASSWORD), "mail_tls_ca": authority.pem}
        settings = placeholder_settings.model_copy(update=told | changes)
        return MailRoom(settings, office.database, clock=clock)

    return open_room


async def rows(office: Office) -> list[tuple[int, bool | None]]:
    async with office.database.transaction() as tx:
        found = await tx.execute(select(mail_store.mail.c.attempts, mail_store.mail.c.sent))
        return [(row.attempts, row.sent) for row in found]


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_goes_over_a_sealed_line_with_a_password_and_says_what_it_is(
    office: Office, room: Callable[..., MailRoom], server: Server, security: str
) -> None:
    async with server.listening(security) as port:
        assert await room(port, mail_security=security).round() == 1
        assert await room(port, mail_security=security).round() == 0, "once"

    [mail] = server.taken
    assert server.sealed == [True]
    assert mail["Subject"] == "Kansen: what waits for you today"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "en"
    assert mail["Message-ID"].endswith("@voorbeeld.nl>")
    assert mail["Date"].datetime == MONDAY
    assert {"Susan", str(SUSAN.person)}.isdisjoint(mail.as_string().replace("susan@", "").split())
    assert await rows(office) == [(1, True)]


async def test_many_mails_go_over_one_line(office: Office, room: Callable[..., MailRoom], server: Server) -> None:
    async with office.database.transaction() as tx:
        await welcome(tx, KARIM, now=MONDAY)
        await mail_store.keep_address(tx, KARIM.person, "karim@voorbeeld.nl", now=MONDAY)
    async with server.listening() as port:
        assert await room(port).round() == 2
    assert server.connections == 1


@pytest.mark.parametrize(
    ("trouble", "changes", "security"),
    [
        (Trouble.LOGIN_REFUSED, {"mail_password": SecretStr("last year's")}, "starttls"),
        (Trouble.LOGIN_REFUSED, {"mail_password": SecretStr("last year's"), "mail_security": "tls"}, "tls"),
        (Trouble.NOT_TRUSTED, {"mail_tls_ca": None}, "starttls"),
        (Trouble.NOT_TRUSTED, {"mail_tls_ca": None, "mail_security": "tls"}, "tls"),
        (Trouble.NOT_SEALED, {}, "none"),
        (Trouble.NOT_SEALED, {"mail_security": "tls"}, "none"),
        (Trouble.SENDER_REFUSED, {"mail_user": None, "mail_password": None}, "starttls"),
        (Trouble.AWAY, {"mail_port": 1}, "starttls"),
    ],
)
async def test_what_is_wrong_with_the_server_is_named_and_nothing_is_lost(
    office: Office,
    room: Callable[..., MailRoom],
    server: Server,
    trouble: Trouble,
    changes: dict[str, object],
    security: str,
) -> None:
    async with server.listening(security) as port:
        with capture_logs() as logs:
            assert await room(port, **changes).round() == 0
    [told] = [line for line in logs if line["event"] == "no mail goes out"]
    assert (told["trouble"], told["log_level"]) == (trouble.value, "error")
    assert "susan" not in str(logs), "an address is never logged"
    assert PASSWORD not in str(logs)
    assert server.taken == []
    assert await rows(office) == [(0, None)], "it waits, and no try was lost"

    async with server.listening() as port:
        assert await room(port).round() == 1, "once somebody has mended it"


async def test_a_server_that_is_away_is_left_alone_ever_longer_but_within_a_bound(
    room: Callable[..., MailRoom], server: Server
) -> None:
    now = [MONDAY]
    async with server.listening() as port:
        pass
    waiting = room(port, clock=lambda: now[0])
    tries = []
    for minutes in range(60):
        now[0] = MONDAY + timedelta(minutes=minutes)
        with capture_logs() as logs:
            await waiting.round()
        tries += [minutes for line in logs if line["event"] == "no mail goes out"]
    waits = [int(each.total_seconds() // 60) for each in SERVER_WAITS]
    assert [later - earlier for earlier, later in pairwise(tries)][: len(waits)] == waits

    now[0] += max(SERVER_WAITS)
    async with server.listening(port=port):
        assert await waiting.round() == 1


async def test_a_line_that_breaks_after_the_mail_was_taken_makes_it_the_same_mail_again(
    office: Office, room: Callable[..., MailRoom], server: Server
) -> None:
    server.hangs_up_after_taking = True
    async with server.listening() as port:
        assert await room(port).round() == 0
        server.hangs_up_after_taking = False
        assert await room(port).round() == 1
    first, second = server.taken
    assert first["Message-ID"] == second["Message-ID"], "a mailbox shows it once"


async def test_mail_that_does_not_go_makes_the_desk_s_health_degraded(
    office: Office, room: Callable[..., MailRoom], placeholder_settings: Settings
) -> None:
    client = await connect(placeholder_settings, lazy=True)
    part = Part(settings=placeholder_settings, database=office.database, temporal=client)
    named = replace(part, settings=placeholder_settings.model_copy(update={"mail_host": HOST}))
    assert await mail_goes(named) == "ok"
    async with office.database.transaction() as tx:
        await mail_store.want(tx, SUSAN.person, "digest/2025-01-06", now=datetime(2025, 1, 6, 8, tzinfo=UTC))
    assert (await mail_goes(named)).startswith("degraded: 1 mails wait")
    assert await mail_goes(part) == "ok", "where no server was named, none goes out"


def test_an_authority_of_ones_own_is_for_a_sealed_line(placeholder_settings: Settings, authority: Authority) -> None:
    told = placeholder_settings.model_dump() | {"mail_host": HOST, "mail_from": "kansen@voorbeeld.nl"}
    Settings(**(told | {"mail_tls_ca": authority.pem}))
    with pytest.raises(ValueError, match="mail_tls_ca"):
        Settings(**(told | {"mail_tls_ca": authority.pem, "mail_security": "none"}))
