"""A town where families are met at places, referred by partners, and sign up themselves; and intake's screens."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from deploy.front import front_app
from programmes.load import DIRECTORY_VARIABLE
from services.intake import store
from services.intake.__main__ import SERVICE
from services.shared.database import Database
from services.shared.health import Health
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.web import packed_assets
from tests.intake.town import PROGRAMME, day
from tests.screens.people import person

SIXTH = Path(__file__).parent.parent / "programmes" / "kansrijk-emmen.toml"
OUTREACH = 'outreach = [{ code = "library", name = "Bibliotheek", kind = "place" }]'
MORE_OUTREACH = """outreach = [
    { code = "library", name = "Bibliotheek", kind = "place" },
    { code = "playground", name = "Speeltuin", kind = "place" },
    { code = "school", name = "School", kind = "partner" },
    { code = "own-sign-up", name = "Het gezin meldt zichzelf", kind = "family" },
]"""
NOW = day(10, month=10)
AYSE = person("Ayse", Role.OUTREACH_WORKER, programmes=frozenset({PROGRAMME}), areas=frozenset({"angelslo"}))
BOB = person("Bob", Role.OUTREACH_WORKER, programmes=frozenset({PROGRAMME}), areas=frozenset({"angelslo"}))
MATCHER = person("Mo", Role.MATCHER, programmes=frozenset({PROGRAMME}))


def write_programme(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programme of these tests, and no other, is the one in use."""
    text = SIXTH.read_text()
    assert OUTREACH in text
    (folder / PROGRAMME).mkdir()
    (folder / PROGRAMME / "1.toml").write_text(text.replace(OUTREACH, MORE_OUTREACH))
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(folder))


def met(**told: Any) -> dict[str, Any]:
    """What the form of a first meeting sends."""
    values = {"key": str(uuid4()), "programme": PROGRAMME, "channel": "playground", "area": "angelslo"}
    return values | {"name": "Samira", "phone": "06 1234 5678", "other": ""} | told


class Outreach:
    """Intake's screens at the front door, on a database of their own; `now` may be moved."""

    def __init__(self, database: Database, app: FastAPI, front: FastAPI) -> None:
        self.database, self.app, self.front = database, app, front

    def at(self, now: datetime) -> None:
        self.app.state.clock = lambda: now

    async def signal_ids(self) -> list[UUID]:
        async with self.database.transaction() as tx:
            return list((await tx.execute(select(store.signal.c.id).order_by(store.signal.c.received_at))).scalars())

    async def signals(self) -> list[tuple[str, str, str | None, str | None]]:
        """Area, channel, name and phone of every family that was met, first received first."""
        signal = store.signal
        query = select(signal.c.area, signal.c.channel, signal.c.contact_name, signal.c.contact_phone)
        async with self.database.transaction() as tx:
            rows = await tx.execute(query.order_by(signal.c.received_at, signal.c.contact_name))
            return [(row.area, row.channel, row.contact_name, row.contact_phone) for row in rows]


async def open_outreach(database: Database, settings: Settings) -> Outreach:
    app = await SERVICE.web(settings, database=database, clock=lambda: NOW)
    assert app is not None
    front = front_app({"intake": app}, Health(), packed_assets(None))
    return Outreach(database, app, front)
