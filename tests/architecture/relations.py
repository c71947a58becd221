"""How somebody can stand to a family, one family for each way, and which of them a role reaches by the table."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.shared.access import Actor
from services.shared.database import Database
from services.shared.permissions import ELSEWHERE, PAST_CLOSED_DOORS, PERMITTED, Permission, Reach
from services.shared.roles import Role
from services.shared.types import stable_id

MINE = {"programme": "kansen-voor-kinderen-groningen", "area": "beijum", "team": "wij-beijum"}
OTHERS = {"programme": "kansrijk-emmen", "area": "angelslo", "team": "team-noord"}
ME = stable_id("person", "the one who asks")
SOMEBODY_ELSE = stable_id("person", "somebody else")


class Relation(StrEnum):
    SUPPORTED = "whom I support"
    BUDDY = "whose buddy I am"
    MET = "whom I met first and nobody took up"
    TOOK_IN = "whose intake I did and nobody took up"
    TEAM = "of my team"
    UNCLAIMED = "in my area, of no team yet"
    AREA = "in my area, of another team"
    OF_NO_AREA = "in my programme, from an area that is nobody's, of no team yet"
    AREA_UNKNOWN = "in my programme, of which no area was ever told"
    PROGRAMME = "in my programme"
    WITHDRAWN = "my own in every way, that took its consent back"
    ELSEWHERE = "in another programme"


STANDS: Mapping[Relation, Mapping[str, Any]] = {
    Relation.SUPPORTED: OTHERS | {"supporter_id": ME},
    Relation.BUDDY: OTHERS | {"supporter_id": SOMEBODY_ELSE, "buddy_id": ME},
    Relation.MET: OTHERS | {"team": None, "received_by": ME},
    Relation.TOOK_IN: OTHERS | {"team": None, "received_by": SOMEBODY_ELSE, "intake_by": ME},
    Relation.TEAM: OTHERS | {"programme": MINE["programme"], "team": MINE["team"], "supporter_id": SOMEBODY_ELSE},
    Relation.UNCLAIMED: MINE | {"team": None},
    Relation.AREA: MINE | {"team": OTHERS["team"], "supporter_id": SOMEBODY_ELSE},
    Relation.OF_NO_AREA: MINE | {"area": ELSEWHERE, "team": None},
    Relation.AREA_UNKNOWN: MINE | {"area": None, "team": None},
    Relation.PROGRAMME: OTHERS | {"programme": MINE["programme"], "supporter_id": SOMEBODY_ELSE},
    Relation.WITHDRAWN: MINE
    | {"supporter_id": ME, "buddy_id": ME, "received_by": ME, "intake_by": ME}
    | {"closed_for": ["take-part"]},
    Relation.ELSEWHERE: OTHERS
    | {"supporter_id": SOMEBODY_ELSE, "buddy_id": SOMEBODY_ELSE, "received_by": SOMEBODY_ELSE}
    | {"intake_by": SOMEBODY_ELSE},
}

_WIDENS = (
    (Reach.TEAM, {Relation.TEAM, Relation.UNCLAIMED, Relation.OF_NO_AREA}),
    (Reach.AREA, {Relation.AREA}),
    (Reach.PROGRAMME, {Relation.PROGRAMME, Relation.AREA_UNKNOWN}),
)


def number_of(relation: Relation) -> int:
    return list(Relation).index(relation) + 1


def trajectory_of(relation: Relation) -> UUID:
    return stable_id("trajectory", number_of(relation))


def family_of(relation: Relation) -> UUID:
    return stable_id("family", number_of(relation))


def signal_of(relation: Relation) -> UUID:
    return stable_id("signal", number_of(relation))


def asking_as(*roles: Role) -> Actor:
    """Me, in one programme, one area and one team."""
    return Actor(
        person=ME,
        roles=frozenset(roles),
        name="Ik",
        programmes=frozenset({MINE["programme"]}),
        areas=frozenset({MINE["area"]}),
        team=MINE["team"],
    )


def reached(role: Role, permission: Permission) -> frozenset[Relation]:
    """Which families a role may do this with, worked out from the table alone."""
    reach = PERMITTED[permission].get(role)
    if reach is None:
        return frozenset()
    families = {Relation.BUDDY} if role is Role.BUDDY else {Relation.SUPPORTED, Relation.MET, Relation.TOOK_IN}
    for wider, more in _WIDENS:
        if reach >= wider:
            families |= more
    return frozenset(families | ({Relation.WITHDRAWN} if role in PAST_CLOSED_DOORS else set()))


async def settle(database: Database) -> None:
    """Every family stands in its own relation to me, and no other is known."""
    scope = database.tables.family_scope
    async with database.transaction() as tx:
        await tx.execute(scope.delete())
        for relation, stands in STANDS.items():
            ids = {
                "signal_id": signal_of(relation),
                "trajectory_id": trajectory_of(relation),
                "family_id": family_of(relation),
            }
            await tx.execute(scope.insert().values(**ids, **stands))
