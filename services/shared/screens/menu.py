"""Where the menu leads, and for whom; a template says the words."""

from dataclasses import dataclass

from services.shared.access import Actor
from services.shared.places import WORKLIST
from services.shared.roles import Role

STAFF = frozenset(Role) - {Role.BUDDY, Role.FAMILY_MEMBER}
CASEWORK = frozenset({Role.OUTREACH_WORKER, Role.SUPPORTER, Role.TEAM_COORDINATOR, Role.PROGRAMME_MANAGER})


@dataclass(frozen=True)
class MenuEntry:
    """One line of the menu: a code for its words, its address, and the roles that may open it."""

    code: str
    path: str
    roles: frozenset[Role]


ENTRIES = (
    MenuEntry("worklist", WORKLIST, STAFF),
    MenuEntry("families", "/desk/gezinnen", STAFF - {Role.ADMINISTRATOR} | {Role.BUDDY}),
    MenuEntry("signals", "/intake/signalen", CASEWORK),
    MenuEntry("first-meeting", "/intake/kennismaking", CASEWORK),
    MenuEntry("payments", "/budget/betalingen", frozenset({Role.PAYMENT_RELEASER, Role.CONTROLLER})),
    MenuEntry("sessions", "/desk/sessies", frozenset({Role.ADMINISTRATOR})),
)


def menu_for(actor: Actor | None) -> tuple[MenuEntry, ...]:
    """The entries that somebody may open; none for a visitor."""
    return tuple(entry for entry in ENTRIES if actor is not None and actor.roles & entry.roles)
