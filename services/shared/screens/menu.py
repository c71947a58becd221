"""Where the menu leads, and for whom; a template says the words."""

from dataclasses import dataclass

from services.shared.access import Actor
from services.shared.permissions import PERMITTED, Permission
from services.shared.places import WORKLIST
from services.shared.roles import Role


@dataclass(frozen=True)
class MenuEntry:
    """One line of the menu: a code for its words, its address, and the permission that its page asks."""

    code: str
    path: str
    permission: Permission

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(PERMITTED[self.permission])


ENTRIES = (
    MenuEntry("worklist", WORKLIST, Permission.WORK_ON_TASKS),
    MenuEntry("families", "/desk/gezinnen", Permission.READ_TRAJECTORY),
    MenuEntry("first-meeting", "/intake/kennismaking", Permission.TAKE_SIGNAL),
    MenuEntry("signals", "/intake/signalen", Permission.READ_SIGNAL),
    MenuEntry("people", "/matching/mensen", Permission.READ_PEOPLE),
    MenuEntry("payments", "/budget/betalingen", Permission.READ_BATCHES),
    MenuEntry("payees", "/budget/ontvangers", Permission.KEEP_PAYEES),
    MenuEntry("books", "/budget/boek", Permission.READ_BOOKS),
    MenuEntry("readings", "/desk/inzagen", Permission.READ_READINGS),
    MenuEntry("sessions", "/desk/sessies", Permission.MANAGE_SESSIONS),
)


def menu_for(actor: Actor | None) -> tuple[MenuEntry, ...]:
    """The entries that somebody may open; none for a visitor."""
    return tuple(entry for entry in ENTRIES if actor is not None and actor.roles & entry.roles)
