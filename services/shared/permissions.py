"""What each role may do, and for which families: the one table that every route, list, search and count goes by."""

from enum import IntEnum, StrEnum

from services.shared.roles import Role
from services.shared.types import Code

ELSEWHERE: Code = "elsewhere"
"""The area of who lives in none of a programme's: it is nobody's own, so it is for whoever works in the programme."""


class Reach(IntEnum):
    """For which families a permission holds. Each reach takes in the ones before it."""

    OWN = 1
    """Whom somebody supports, is the buddy of, or met first or did the intake of and nobody supports yet."""
    TEAM = 2
    """Of one's own team; where no team has taken a family up yet, those in one's areas and ELSEWHERE."""
    AREA = 3
    """In one's areas, whichever team works there."""
    PROGRAMME = 4
    """In one's programmes."""
    NO_FAMILY = 5
    """What is done concerns no family: the role is enough, within one's programmes where there is one."""


class Permission(StrEnum):
    """What somebody may do; each route and page names one."""

    # Outreach and intake
    TAKE_SIGNAL = "take-signal"
    READ_SIGNAL = "read-signal"
    DO_INTAKE = "do-intake"
    FIND_DUPLICATES = "find-duplicates"
    MERGE_FAMILIES = "merge-families"
    KEEP_CONSENT = "keep-consent"
    # The family
    READ_FAMILY = "read-family"
    """Who they are to the one who visits: name, how to reach them, phase, tandem."""
    READ_HOUSEHOLD = "read-household"
    """What is kept of its members, what weighs on them, needs and consents."""
    READ_BSN = "read-bsn"
    CHANGE_FAMILY = "change-family"
    ACT_ON_TRAJECTORY = "act-on-trajectory"
    REPORT_CONCERN = "report-concern"
    # Matching
    READ_TANDEM = "read-tandem"
    MATCH = "match"
    READ_PEOPLE = "read-people"
    KEEP_PEOPLE = "keep-people"
    # The plan and what is done together
    READ_TRAJECTORY = "read-trajectory"
    READ_PLAN = "read-plan"
    WRITE_PLAN = "write-plan"
    WORK_ON_PLAN = "work-on-plan"
    READ_REVIEWS = "read-reviews"
    """Reviews, measurements, aftercare: how it goes with a family, its health too."""
    WRITE_REVIEWS = "write-reviews"
    READ_JOURNAL = "read-journal"
    WRITE_JOURNAL = "write-journal"
    READ_DOCUMENTS = "read-documents"
    WRITE_DOCUMENTS = "write-documents"
    READ_HISTORY = "read-history"
    # Money
    ASK_MONEY = "ask-money"
    READ_MONEY = "read-money"
    READ_PAYEES = "read-payees"
    KEEP_PAYEES = "keep-payees"
    READ_BOOKS = "read-books"
    READ_BATCHES = "read-batches"
    BOOK_BANK = "book-bank"
    RELEASE = "release"
    FUND_PROGRAMME = "fund-programme"
    # The desk and the rest
    USE_DESK = "use-desk"
    """One's own desk: stand-ins, saved searches, notices, names of colleagues."""
    WORK_ON_TASKS = "work-on-tasks"
    ASSIGN_TASKS = "assign-tasks"
    READ_FIGURES = "read-figures"
    READ_READINGS = "read-readings"
    READ_WHO_LOOKED = "read-who-looked"
    """Who looked at one family, wherever that takes part."""
    MANAGE_SUBSCRIBERS = "manage-subscribers"
    MANAGE_SESSIONS = "manage-sessions"


_OWN, _TEAM, _AREA, _PROGRAMME, _NO_FAMILY = Reach

_STAFF = tuple(role for role in Role if role not in (Role.BUDDY, Role.FAMILY_MEMBER))


def _all(roles: tuple[Role, ...], reach: Reach) -> dict[Role, Reach]:
    return dict.fromkeys(roles, reach)


_INTAKE = {Role.OUTREACH_WORKER: _TEAM, Role.SUPPORTER: _TEAM, Role.TEAM_COORDINATOR: _AREA}
_KEPT_BY_TANDEM = {Role.SUPPORTER: _OWN, Role.TEAM_COORDINATOR: _AREA}
_DONE_TOGETHER = {**_KEPT_BY_TANDEM, Role.BUDDY: _OWN}

PERMITTED: dict[Permission, dict[Role, Reach]] = {
    Permission.TAKE_SIGNAL: _all((Role.OUTREACH_WORKER, Role.SUPPORTER, Role.TEAM_COORDINATOR), _NO_FAMILY),
    Permission.READ_SIGNAL: _INTAKE,
    Permission.DO_INTAKE: _INTAKE,
    # Who is known already is known to a programme, not to a team: otherwise a family is taken in twice.
    Permission.FIND_DUPLICATES: _all((Role.OUTREACH_WORKER, Role.SUPPORTER, Role.TEAM_COORDINATOR), _PROGRAMME),
    Permission.MERGE_FAMILIES: {Role.TEAM_COORDINATOR: _PROGRAMME, Role.PRIVACY_OFFICER: _PROGRAMME},
    Permission.KEEP_CONSENT: {**_INTAKE, Role.PRIVACY_OFFICER: _PROGRAMME},
    Permission.READ_FAMILY: {
        Role.OUTREACH_WORKER: _TEAM,
        Role.SUPPORTER: _TEAM,
        Role.TEAM_COORDINATOR: _AREA,
        Role.MATCHER: _PROGRAMME,
        Role.BUDDY: _OWN,
        Role.PRIVACY_OFFICER: _PROGRAMME,
    },
    Permission.READ_HOUSEHOLD: {
        Role.OUTREACH_WORKER: _OWN,
        Role.SUPPORTER: _TEAM,
        Role.TEAM_COORDINATOR: _AREA,
        Role.PRIVACY_OFFICER: _PROGRAMME,
    },
    Permission.READ_BSN: {Role.SUPPORTER: _OWN, Role.PRIVACY_OFFICER: _PROGRAMME},
    Permission.CHANGE_FAMILY: {Role.SUPPORTER: _TEAM, Role.TEAM_COORDINATOR: _AREA},
    Permission.ACT_ON_TRAJECTORY: {
        Role.SUPPORTER: _TEAM,
        Role.TEAM_COORDINATOR: _AREA,
        Role.PROGRAMME_MANAGER: _PROGRAMME,
    },
    # Nobody who fears for somebody is sent away because the family is a colleague's.
    Permission.REPORT_CONCERN: {**_all(_STAFF, _PROGRAMME), Role.BUDDY: _OWN},
    # Who met a family sees when a tandem is looked for, until there is one.
    Permission.READ_TANDEM: {
        Role.OUTREACH_WORKER: _OWN,
        Role.MATCHER: _PROGRAMME,
        Role.TEAM_COORDINATOR: _AREA,
        Role.SUPPORTER: _TEAM,
        Role.BUDDY: _OWN,
    },
    Permission.MATCH: {Role.MATCHER: _PROGRAMME, Role.TEAM_COORDINATOR: _AREA, Role.SUPPORTER: _TEAM},
    Permission.READ_PEOPLE: _all((Role.MATCHER, Role.TEAM_COORDINATOR, Role.PROGRAMME_MANAGER), _NO_FAMILY),
    Permission.KEEP_PEOPLE: _all((Role.MATCHER, Role.TEAM_COORDINATOR), _NO_FAMILY),
    Permission.READ_TRAJECTORY: {
        Role.OUTREACH_WORKER: _OWN,
        Role.SUPPORTER: _TEAM,
        Role.TEAM_COORDINATOR: _AREA,
        Role.BUDDY: _OWN,
        Role.MATCHER: _PROGRAMME,
        Role.PROGRAMME_MANAGER: _PROGRAMME,
        Role.PRIVACY_OFFICER: _PROGRAMME,
    },
    Permission.READ_PLAN: _DONE_TOGETHER,
    Permission.WRITE_PLAN: _KEPT_BY_TANDEM,
    Permission.WORK_ON_PLAN: _DONE_TOGETHER,
    Permission.READ_REVIEWS: _KEPT_BY_TANDEM,
    Permission.WRITE_REVIEWS: _KEPT_BY_TANDEM,
    Permission.READ_JOURNAL: _KEPT_BY_TANDEM,
    Permission.WRITE_JOURNAL: _DONE_TOGETHER,
    Permission.READ_DOCUMENTS: {**_KEPT_BY_TANDEM, Role.PRIVACY_OFFICER: _PROGRAMME},
    Permission.WRITE_DOCUMENTS: _KEPT_BY_TANDEM,
    Permission.READ_HISTORY: {**_KEPT_BY_TANDEM, Role.PRIVACY_OFFICER: _PROGRAMME},
    # A buddy asks for what is needed, and is told by the supporter what came of it: money is not a buddy's to see.
    # What is urgent does not wait for a tandem: until there is one, whoever works in the area asks.
    Permission.ASK_MONEY: {Role.SUPPORTER: _TEAM, Role.TEAM_COORDINATOR: _AREA, Role.BUDDY: _OWN},
    Permission.READ_MONEY: {
        Role.SUPPORTER: _TEAM,
        Role.TEAM_COORDINATOR: _AREA,
        Role.BUDGET_HOLDER: _PROGRAMME,
        Role.PROGRAMME_MANAGER: _PROGRAMME,
        Role.CONTROLLER: _PROGRAMME,
    },
    Permission.READ_PAYEES: _all(
        (
            Role.SUPPORTER,
            Role.BUDDY,
            Role.TEAM_COORDINATOR,
            Role.BUDGET_HOLDER,
            Role.PROGRAMME_MANAGER,
            Role.CONTROLLER,
        ),
        _NO_FAMILY,
    ),
    Permission.KEEP_PAYEES: {Role.CONTROLLER: _NO_FAMILY},
    Permission.READ_BOOKS: _all((Role.CONTROLLER, Role.PROGRAMME_MANAGER, Role.BUDGET_HOLDER), _NO_FAMILY),
    Permission.READ_BATCHES: _all((Role.CONTROLLER, Role.PROGRAMME_MANAGER, Role.PAYMENT_RELEASER), _NO_FAMILY),
    Permission.BOOK_BANK: {Role.CONTROLLER: _NO_FAMILY},
    Permission.RELEASE: {Role.PAYMENT_RELEASER: _NO_FAMILY},
    Permission.FUND_PROGRAMME: {Role.PROGRAMME_MANAGER: _NO_FAMILY},
    Permission.USE_DESK: _all((*_STAFF, Role.BUDDY), _NO_FAMILY),
    # Deciding is a task too: which roles it is for stands in a programme's mandates, and each may be named there.
    Permission.WORK_ON_TASKS: {
        **_all(_STAFF, _PROGRAMME),
        Role.OUTREACH_WORKER: _TEAM,
        Role.SUPPORTER: _TEAM,
        Role.TEAM_COORDINATOR: _AREA,
    },
    Permission.ASSIGN_TASKS: {Role.TEAM_COORDINATOR: _AREA, Role.PROGRAMME_MANAGER: _PROGRAMME},
    Permission.READ_FIGURES: _all(tuple(role for role in _STAFF if role is not Role.PAYMENT_RELEASER), _NO_FAMILY),
    Permission.READ_READINGS: {Role.PRIVACY_OFFICER: _NO_FAMILY},
    Permission.READ_WHO_LOOKED: {Role.TEAM_COORDINATOR: _AREA, Role.PRIVACY_OFFICER: _PROGRAMME},
    Permission.MANAGE_SUBSCRIBERS: {Role.ADMINISTRATOR: _NO_FAMILY},
    Permission.MANAGE_SESSIONS: {Role.ADMINISTRATOR: _NO_FAMILY},
}

PAST_CLOSED_DOORS = frozenset({Role.TEAM_COORDINATOR, Role.PRIVACY_OFFICER})
"""Who still sees a family that took its consent back: somebody has to round it off, and to answer for it."""
