"""Gives the made-up people of a practice stack a name at the desk, as if each had signed in there once."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.desk import store
from services.desk.colleagues import colleague_names, welcome
from services.desk.practice import PRACTICE_PEOPLE
from services.shared.access import Actor
from services.shared.database import Database
from services.shared.settings import Settings
from simulation.town.chance import Chance
from simulation.town.names import given_name, prefix, surname


def made_up_names(people: list[UUID], chance: Chance) -> dict[UUID, str]:
    """A name for each, always the same one; who can sign in to practise keeps their own."""
    known = {each.id: each.name for each in PRACTICE_PEOPLE}
    return {person: known.get(person) or _made_up(person, chance) for person in people} | known


def give_names(settings: Settings, names: Mapping[UUID, str], *, now: datetime) -> None:
    """Who has signed in meanwhile is known better, and stays as they are."""
    asyncio.run(_give(settings, names, now=now))


async def _give(settings: Settings, names: Mapping[UUID, str], *, now: datetime) -> None:
    url = settings.database_url_for("desk")
    database = Database(url, tables=store.tables, source=settings.source_of("desk"))
    try:
        await write_names(database, names, now=now)
    finally:
        await database.close()


async def write_names(database: Database, names: Mapping[UUID, str], *, now: datetime) -> None:
    """Who can sign in is there from the first day: a concern finds them. The others are a name, and get no work."""
    signing_in = {each.id: each.actor() for each in PRACTICE_PEOPLE}
    async with database.transaction() as tx:
        known = await colleague_names(tx, names)
        for person, name in names.items():
            if person not in known:
                nobody = Actor(person=person, roles=frozenset(), name=name)
                await welcome(tx, signing_in.get(person, nobody), now=now)


def _made_up(person: UUID, chance: Chance) -> str:
    stream = chance.stream("name", person)
    return " ".join(part for part in (given_name(stream), prefix(stream), surname(stream)) if part)
