"""`token`: a bearer token for trying the APIs of a local stack."""

import argparse
import re
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.shared.access import Actor, issue_token
from services.shared.roles import Role
from services.shared.settings import load_settings
from services.shared.types import CODE_PATTERN, stable_id

HOURS_DEFAULT = 8
HOURS_MAX = 24 * 31
REFUSED = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which roles, for whom, where, for how long."""
    parser.add_argument("--role", nargs="+", required=True, choices=[str(role) for role in Role], metavar="ROLE")
    parser.add_argument("--person", type=UUID, help="whose token it is; without it the same person for the same roles")
    parser.add_argument("--programme", nargs="+", default=[], metavar="CODE", help="the programmes that they work for")
    parser.add_argument("--area", nargs="+", default=[], metavar="CODE", help="the areas that they work in")
    parser.add_argument("--team", metavar="CODE", help="the team that they work in")
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
    places = (*arguments.programme, *arguments.area, *([arguments.team] if arguments.team else []))
    if wrong := [code for code in places if not re.match(CODE_PATTERN, code)]:
        print(f"not a code: {', '.join(wrong)}", file=sys.stderr)
        return REFUSED
    actor = Actor(
        person=arguments.person or stable_id("token", *sorted(roles)),
        roles=roles,
        programmes=frozenset(arguments.programme),
        areas=frozenset(arguments.area),
        team=arguments.team,
    )
    life = timedelta(hours=arguments.hours)
    print(issue_token(settings.secret.get_secret_value(), actor, now=datetime.now(UTC), life=life))
    return 0
