"""Puts something to practise with in a fresh stack: money for the programmes that are open, people, and no family.

Everything goes in through the front door by the same commands that people use, under ids that stay the same: done
twice it is there once. Only names are given at the desk itself: there they come of signing in.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from pydantic import BaseModel

from deploy.local.ports import LOOPBACK
from deploy.local.practice_names import give_names, made_up_names
from deploy.local.state import writing_in
from programmes.load import all_programmes
from programmes.schema import Programme
from services.budget.commands import TEST_DEBTOR, FundProgramme
from services.desk.practice import PRACTICE_PEOPLE
from services.matching.commands import RegisterPerson
from services.shared.access import Actor, issue_token
from services.shared.calendar import add_months, local_date
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import Code, stable_id
from simulation.town.chance import Chance
from simulation.town.town import EXECUTOR, payees_of
from simulation.town.workers import buddies, supporters

MARKER = "practice"
WANTED, DONE = "wanted", "done"

TANDEM_OF = {"kansrijk-groningen": ("sanne", "bea"), "kansrijke-start-groningen": ("karim",)}
"""Which of the people to practise as are supporter or buddy in which programme."""

SEED = 1
FAMILIES = 12
"""For so many families in each programme there are people to work with."""

VOG_MONTHS = 24
AT_ONCE = 6
ANSWER_SECONDS = 30.0
OF_ONES_OWN = ("database_url", "oidc_issuer")
"""Who names these has a stack to work with, not one to practise with."""


class PracticeError(Exception):
    """The practice data could not be put there; the text says what was refused."""


@dataclass(frozen=True)
class Practice:
    """What was put there."""

    programmes: tuple[str, ...]
    people: int

    def __str__(self) -> str:
        return f"{' and '.join(self.programmes)} have money, and {self.people} supporters and buddies work there"


def wanted_in(home: Path, named: Mapping[str, object], settings: Settings) -> bool:
    """Whether a stack that starts in this home gets practice data, remembered before anything else stands there."""
    marker = home / MARKER
    is_fresh = not (home / "secret").exists()
    may = (
        settings.practice
        and settings.environment == "local"
        and settings.front_host in (LOOPBACK, "localhost", "::1")
        and not any(named.get(key) for key in OF_ONES_OWN)
    )
    if may and is_fresh and not marker.exists():
        with writing_in(home):
            home.mkdir(parents=True, exist_ok=True)
            marker.write_text(WANTED)
    return may and marker.exists() and marker.read_text() == WANTED


def put(address: str, settings: Settings) -> Practice:
    """Give every programme that is open today its money and its people. Raises PracticeError."""
    today = local_date(datetime.now(UTC))
    directory = settings.programmes_dir
    open_today = [each for each in all_programmes(directory) if each.period.is_open(today)]
    headers = {"Authorization": f"Bearer {_token(settings, open_today)}"}
    people, met = 0, list[UUID]()
    # Programmes spend in the same shops, and an account stands in the list once.
    shops = {each.iban: each for programme in open_today for each in payees_of(programme, Chance(SEED)).values()}
    with (
        httpx.Client(base_url=address, headers=headers, timeout=ANSWER_SECONDS) as http,
        ThreadPoolExecutor(AT_ONCE) as threads,
    ):

        def send(path: str, commands: Iterator[BaseModel]) -> int:
            return len(list(threads.map(lambda each: _send(http, path, each), commands)))

        send("/budget/v1/payees", iter(shops.values()))
        for programme in open_today:
            chance = Chance(SEED)
            executor = shops[payees_of(programme, chance)[EXECUTOR].iban]
            money = FundProgramme(
                programme=programme.id,
                version=programme.version,
                executor_payee_id=executor.payee_id,
                debtor=TEST_DEBTOR,
            )
            send("/budget/v1/programme-fundings", iter([money]))
            here = list(_people(programme, chance, today, TANDEM_OF.get(programme.id, ())))
            people += send("/matching/v1/people", iter(here))
            met += [person.person_id for person in here]
    give_names(settings, made_up_names(met, Chance(SEED)), now=datetime.now(UTC))
    (settings.home / MARKER).write_text(DONE)
    return Practice(tuple(each.id for each in open_today), people)


def _people(programme: Programme, chance: Chance, today: date, signing_in: tuple[str, ...]) -> Iterator[RegisterPerson]:
    """Who can sign in here come first, so that somebody goes on with every family; and more buddies to choose from."""
    some_supporter, some_buddy = supporters(programme, chance, FAMILIES)[0], buddies(programme, chance, FAMILIES)[0]
    known = [each for each in PRACTICE_PEOPLE if each.code in signing_in]
    for person in known:
        if Role.SUPPORTER in person.roles:
            yield some_supporter.model_copy(update={"person_id": person.id, "themes": _themes(programme)})
        else:
            every_area = tuple(area.code for area in programme.areas)
            yield _buddy(some_buddy, today, person_id=person.id, areas=every_area, themes=_themes(programme))
    if not any(Role.SUPPORTER in person.roles for person in known):
        yield from supporters(programme, chance, FAMILIES)
    for buddy in buddies(programme, chance, FAMILIES):
        yield _buddy(buddy, today)


def _buddy(buddy: RegisterPerson, today: date, **changes: object) -> RegisterPerson:
    return buddy.model_copy(update={"vog_until": add_months(today, VOG_MONTHS), **changes})


def _themes(programme: Programme) -> tuple[Code, ...]:
    return tuple(domain.code for domain in programme.goal_domains)


def _send(http: httpx.Client, path: str, command: BaseModel) -> Any:
    answer = http.post(path, content=command.model_dump_json(), headers={"Content-Type": "application/json"})
    if not answer.is_success:
        raise PracticeError(f"practice data was refused at {path}: {answer.status_code} {answer.text[:200]}")
    return answer.json()


def _token(settings: Settings, programmes: list[Programme]) -> str:
    """Of somebody who does here what a controller, a manager and a coordinator do with their own hands."""
    actor = Actor(
        person=stable_id("practice", "who-prepares"),
        roles=frozenset({Role.CONTROLLER, Role.PROGRAMME_MANAGER, Role.TEAM_COORDINATOR}),
        programmes=frozenset(each.id for each in programmes),
        areas=frozenset(area.code for each in programmes for area in each.areas),
    )
    return issue_token(settings.secret.get_secret_value(), actor, now=datetime.now(UTC))
