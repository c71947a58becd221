"""The made-up people of a practice stack: somebody for each role, and a second where two must agree."""

from dataclasses import dataclass
from uuid import UUID

from programmes.load import all_programmes
from services.shared.access import Actor
from services.shared.roles import Role
from services.shared.types import Code, stable_id

NORTH, SOUTH = "team-noord", "team-zuid"


@dataclass(frozen=True)
class PracticePerson:
    """Somebody who does not exist. They work in all programmes, in all areas."""

    code: Code
    name: str
    roles: tuple[Role, ...]
    team: Code | None = None

    @property
    def id(self) -> UUID:
        return stable_id("practice", self.code)

    def actor(self) -> Actor:
        """Who they are once signed in."""
        programmes = all_programmes()
        return Actor(
            person=self.id,
            roles=frozenset(self.roles),
            name=self.name,
            programmes=frozenset(programme.id for programme in programmes),
            areas=frozenset(area.code for programme in programmes for area in programme.areas),
            team=self.team,
        )


PRACTICE_PEOPLE = (
    PracticePerson("noor", "Noor Bakker", (Role.OUTREACH_WORKER,), NORTH),
    PracticePerson("sanne", "Sanne de Vries", (Role.SUPPORTER, Role.OUTREACH_WORKER), NORTH),
    PracticePerson("karim", "Karim Haddad", (Role.SUPPORTER,), SOUTH),
    PracticePerson("truus", "Truus Hoekstra", (Role.TEAM_COORDINATOR,), NORTH),
    PracticePerson("mo", "Mo van Dijk", (Role.MATCHER,), NORTH),
    PracticePerson("bea", "Bea Postma", (Role.BUDDY,), NORTH),
    PracticePerson("hanneke", "Hanneke Smit", (Role.BUDGET_HOLDER,)),
    PracticePerson("omar", "Omar Yilmaz", (Role.BUDGET_HOLDER,)),
    PracticePerson("pieter", "Pieter Wiersma", (Role.PAYMENT_RELEASER,)),
    PracticePerson("ria", "Ria Kuipers", (Role.PAYMENT_RELEASER,)),
    PracticePerson("carla", "Carla Mulder", (Role.CONTROLLER,)),
    PracticePerson("wim", "Wim Jansen", (Role.PROGRAMME_MANAGER,)),
    PracticePerson("fatima", "Fatima Amrani", (Role.PRIVACY_OFFICER,)),
    PracticePerson("joost", "Joost Prins", (Role.ADMINISTRATOR,)),
)


def practice_person(code: str) -> PracticePerson | None:
    return next((each for each in PRACTICE_PEOPLE if each.code == code), None)
