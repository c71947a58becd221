"""`verify`: audits a running or finished stack, and exits non-zero with what it found."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from deploy.local.environment import engine_password, named_settings, secret_of, settings_from, with_stand_ins
from deploy.local.ports import LOOPBACK, Ports
from deploy.local.postgres import Postgres, postgres_url
from deploy.local.process import StartError
from deploy.local.state import home_folder, supervisor_of
from deploy.verify.auditing import SETTLE_SECONDS, checked
from deploy.verify.findings import Checked
from programmes.load import DIRECTORY_VARIABLE
from services.shared.settings import Settings

STACK, SIMULATION = "stack", "simulation"
CONNECT_SECONDS = 3
FOUND = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which stack, and in what shape the answer comes."""
    parser.add_argument("--json", action="store_true", help="the answer as JSON")
    parser.add_argument(
        "--of",
        choices=[STACK, SIMULATION],
        help="this home's stack or the last simulation in it; if not said, the one that runs, or ran last",
    )


def run(arguments: argparse.Namespace) -> int:
    """Audit and tell; 1 with findings. A database that is down is started for the audit alone, then stopped."""
    home = home_folder()
    of = arguments.of or which_ran_last(home)
    if of == SIMULATION:
        if arguments.of is None:
            print("audit of the last simulation in this home", file=sys.stderr)
        home = home / SIMULATION
        named: Mapping[str, object] = {}
        if not home.is_dir():
            raise StartError(f"no simulation was run here ({home} is not there): ./kansen simulate PROGRAMME")
    else:
        named = named_settings(home)
    if (home / "programmes").is_dir():
        # A simulation keeps the programme that it lived beside what it left.
        os.environ[DIRECTORY_VARIABLE] = str(home / "programmes")
    with stack_settings(home, named) as (settings, runs):
        checks = asyncio.run(checked(settings, temporal=runs, settle_seconds=SETTLE_SECONDS if runs else 0, home=home))
    _tell(checks, as_json=arguments.json)
    return FOUND if any(check.wrong for check in checks) else 0


def which_ran_last(home: Path) -> str:
    """What somebody means who does not say: a stack that runs or is named, else whichever database started last."""
    if supervisor_of(home) is not None or "database_url" in named_settings(home):
        return STACK
    return SIMULATION if _last_start(home / SIMULATION) > _last_start(home) else STACK


def _last_start(home: Path) -> float:
    """When PostgreSQL was last started there (it writes down how, each time); 0 for never."""
    written = home / "postgres" / "data" / "postmaster.opts"
    return written.stat().st_mtime if written.exists() else 0.0


@contextmanager
def stack_settings(home: Path, named: Mapping[str, object]) -> Iterator[tuple[Settings, bool]]:
    """Settings of a home whose database answers, and whether its stack runs. StartError when there is no database."""
    ports = Ports(home / "ports.json")
    values = with_stand_ins(named)
    if "secret" not in named and not (home / "secret").exists():
        raise StartError(f"nothing ever ran in {home}: ./kansen up starts a stack")
    values["secret"] = secret = secret_of(home, named)
    if temporal := ports.remembered().get("temporal", ports.remembered().get("temporal-test")):
        values |= {"temporal_address": f"{LOOPBACK}:{temporal}"} if "temporal_address" not in named else {}
    if "database_url" in named:
        yield _answering(settings_from(home, values)), True
        return
    password = engine_password(secret, "postgres")
    if "postgres" in ports.remembered():
        values["database_url"] = postgres_url(password, ports.remembered()["postgres"])
        settings = settings_from(home, values)
        if _answers(settings):
            yield settings, supervisor_of(home) is not None
            return
    if not (home / "postgres" / "data").is_dir():
        raise StartError(f"there is no database in {home}: ./kansen up starts a stack")
    engine = Postgres(home / "postgres", password=password, ports=ports)
    engine.start()
    try:
        yield settings_from(home, values | {"database_url": engine.url}), False
    finally:
        engine.stop()


def _answering(settings: Settings) -> Settings:
    if not _answers(settings):
        raise StartError("the database does not answer (KANSEN_DATABASE_URL)")
    return settings


def _answers(settings: Settings) -> bool:
    engine = create_engine(settings.owner_database_url(), connect_args={"connect_timeout": CONNECT_SECONDS})
    try:
        with engine.connect():
            return True
    except OperationalError:
        return False
    finally:
        engine.dispose()


def _tell(checks: list[Checked], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(as_data(checks), indent=1))
        return
    for check in checks:
        counted = ", ".join(f"{number} {what}" for what, number in check.counts.items())
        told = "; ".join(part for part in (counted, check.note) if part)
        print(f"{'WRONG' if check.wrong else 'ok':<6} {check.check:<14} {told}")
    findings = [finding for check in checks for finding in check.findings]
    for finding in findings:
        print(f"{finding.check}: {finding.text}", file=sys.stderr)
    print(f"{len(findings)} findings" if findings else "nothing wrong was found")


def as_data(checks: list[Checked]) -> dict[str, Any]:
    """The same for a program."""
    return {
        "clean": not any(check.wrong for check in checks),
        "checks": [
            {"check": check.check, "counts": check.counts, "note": check.note, "findings": list(check.wrong)}
            for check in checks
        ],
    }
