"""`simulate`: a synthetic town lives through a programme; then the report and the audit."""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from deploy.local.process import StartError
from deploy.verify.auditing import checked
from deploy.verify.findings import Finding
from programmes.load import directory_in_use
from programmes.problems import ProgrammeError
from simulation.clock import TimeStuck
from simulation.kills import not_reached, read_kill
from simulation.lived_programme import UnlivableProgramme
from simulation.quiet import NeverQuiet
from simulation.report.checks import findings
from simulation.report.figures import Machine, Outcome
from simulation.report.gather import machine_of, outcome_of
from simulation.report.text import as_text
from simulation.run import Asked, default_home, lived
from simulation.years import NeverEnded

FAMILIES = 50
FAMILIES_MAX = 5_000
FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which programme, how many families, which seed."""
    parser.add_argument("programme", help="the id of a programme, as its folder is called")
    parser.add_argument("--families", type=int, default=FAMILIES, help=f"how many are met (default {FAMILIES})")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another town (default 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the report as data too")
    parser.add_argument(
        "--kill",
        action="append",
        default=[],
        metavar="PROCESS@DAY",
        help="kill a process of ours (or all database `connections`) in the middle of that day; may be repeated",
    )


def run(arguments: argparse.Namespace) -> int:
    """Live, report, audit; 0 only when everybody and everything is accounted for."""
    if not 1 <= arguments.families <= FAMILIES_MAX:
        raise StartError(f"--families: from 1 to {FAMILIES_MAX}")
    try:
        kills = tuple(read_kill(kill) for kill in arguments.kill)
    except ValueError as error:
        raise StartError(f"--kill {error}") from error
    asked = Asked(
        programme=arguments.programme,
        families=arguments.families,
        seed=arguments.seed,
        home=default_home(),
        kills=kills,
        programmes_dir=directory_in_use(),
    )
    try:
        outcome, machine, wrong = asyncio.run(_unless_ended(asked))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    except (ProgrammeError, UnlivableProgramme, NeverQuiet, NeverEnded, TimeStuck) as error:
        print(error, file=sys.stderr)
        return FAILED
    print(as_text(outcome, machine))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(as_data(outcome, machine, wrong), indent=1))
    for finding in wrong:
        print(f"{finding.check}: {finding.text}", file=sys.stderr)
    print(f"{len(wrong)} findings" if wrong else "audited: nothing wrong was found")
    return FAILED if wrong else 0


async def _unless_ended(asked: Asked) -> tuple[Outcome, Machine, list[Finding]]:
    """One run; a polite kill ends it as Ctrl-C does, and its engines with it. Raises CancelledError then."""
    living = asyncio.create_task(simulate(asked))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, living.cancel)
    return await living


async def simulate(asked: Asked) -> tuple[Outcome, Machine, list[Finding]]:
    """One run from its first day to its audit."""
    async with lived(asked, tell=_progress) as done:
        outcome, machine = await outcome_of(done), await machine_of(done)
        _progress("auditing")
        checks = await checked(done.settings, temporal=True, home=asked.home)
        audited = [finding for check in checks for finding in check.findings]
        told = [*findings(outcome, machine), *not_reached(asked.kills, machine.days)]
        own = [Finding(check="report", text=text) for text in told]
        return outcome, machine, [*own, *audited]


def as_data(outcome: Outcome, machine: Machine, wrong: list[Finding]) -> dict[str, object]:
    """The report for a program."""
    return {
        "digest": outcome.digest,
        "outcome": outcome.model_dump(mode="json"),
        "machine": machine.model_dump(mode="json"),
        "findings": [{"check": finding.check, "text": finding.text} for finding in wrong],
    }


def _progress(line: str) -> None:
    print(line, flush=True)
