"""`token`: a bearer token for trying the APIs of a local stack."""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.shared.access import Actor, issue_token
from services.shared.roles import Role
from services.shared.settings import load_settings
from services.shared.types import stable_id

HOURS_DEFAULT = 8
HOURS_MAX = 24 * 31
REFUSED = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which roles, for whom, for how long."""
    parser.add_argument("--role", nargs="+", required=True, choices=[str(role) for role in Role], metavar="ROLE")
    parser.add_argument("--person", type=UUID, help="whose token it is; without it the same person for the same roles")
    parser.add_argument("--hours", type=int, default=HOURS_DEFAULT, help=f"how long it is valid, at most {HOURS_MAX}")


def run(arguments: argparse.Namespace) -> int:
    """Print a token. Refused outside a local stack: there people sign in."""
    settings = load_settings()
    if settings.environment != "local":
        print("tokens are made by hand in a local stack only; here people sign in", file=sys.stderr)
        return REFUSED
    if not 1 <= arguments.hours <= HOURS_MAX:
        print(f"--hours: from 1 to {HOURS_MAX}", file=sys.stderr)
        return REFUSED
    roles = frozenset(Role(role) for role in arguments.role)
    actor = Actor(person=arguments.person or stable_id("token", *sorted(roles)), roles=roles)
    life = timedelta(hours=arguments.hours)
    print(issue_token(settings.secret.get_secret_value(), actor, now=datetime.now(UTC), life=life))
    return 0
