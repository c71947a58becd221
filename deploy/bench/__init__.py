"""`./kansen bench`: what our machinery costs, as ratios against raw baselines in the same run."""

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any

ROUNDS = 5
EVENTS = 2_000
LATENCY_EVENTS = 200
FOOTPRINT_FAMILIES = 25
LISTED_FAMILIES = 3_500
SCREEN_ROUNDS = 25
AIMS = {
    "relay_ratio": ("at least", 0.6),
    "consume_ratio": ("at least", 0.5),
    "history_events_per_family_year": ("at most", 200.0),
    "billable_actions_per_family_year": ("at most", 80.0),
    "list_ms": ("at most", 200.0),
    "list_over_one_who_sees_all": ("at most", 1.3),
    "dossier_ms": ("at most", 300.0),
    "first_visit_kilobytes": ("at most", 150.0),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="interleaved rounds of each arm")
    parser.add_argument("--events", type=int, default=EVENTS, help="events in each arm of a round")
    parser.add_argument("--families", type=int, default=FOOTPRINT_FAMILIES, help="families of the simulated programme")
    parser.add_argument("--listed", type=int, default=LISTED_FAMILIES, help="families that the screens choose from")
    parser.add_argument("--screen-rounds", type=int, default=SCREEN_ROUNDS, help="times that each screen is asked")
    parser.add_argument("--no-screens", action="store_true", help="leave out the screens")
    parser.add_argument("--no-footprint", action="store_true", help="leave out the simulated families")


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; a ratio that misses its aim is said, and is no failure."""
    from deploy.bench.measures import measure
    from services.shared.logs import configure_logs

    configure_logs("bench", "error")
    with tempfile.TemporaryDirectory(prefix="kansen-bench-") as folder:
        with _engines(Path(folder)) as (database_url, broker_url):
            figures: dict[str, Any] = asyncio.run(
                measure(
                    Path(folder),
                    database_url,
                    broker_url,
                    rounds=arguments.rounds,
                    events=arguments.events,
                    latency_events=LATENCY_EVENTS,
                    tell=lambda line: print(line, file=sys.stderr),
                )
            )
            if not arguments.no_screens:
                from deploy.bench.screens import measure_screens

                figures |= asyncio.run(
                    measure_screens(
                        Path(folder),
                        database_url,
                        broker_url,
                        families=arguments.listed,
                        rounds=arguments.screen_rounds,
                        tell=lambda line: print(line, file=sys.stderr),
                    )
                )
        if not arguments.no_footprint:
            from deploy.bench.footprint import footprint

            figures |= footprint(Path(folder) / "home", families=arguments.families)
    figures["aims"] = {
        name: {
            "aim": f"{word} {bound:g}",
            "met": figures[name] >= bound if word == "at least" else figures[name] <= bound,
        }
        for name, (word, bound) in AIMS.items()
        if name in figures
    }
    print(json.dumps(figures, indent=1) if arguments.json else as_text(figures))
    return 0


def as_text(figures: dict[str, Any]) -> str:
    """One figure a line; what has an aim says whether it was met."""
    lines = []
    for name, value in figures.items():
        if name == "aims":
            continue
        shown = f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value}"
        aim = figures["aims"].get(name)
        verdict = f"   ({aim['aim']}: {'met' if aim['met'] else 'MISSED'})" if aim else ""
        lines.append(f"{name.replace('_', ' '):44} {shown:>14}{verdict}")
    return "\n".join(lines)


class _engines:
    """PostgreSQL and RabbitMQ of this run alone, with everything that makes them safe switched on."""

    def __init__(self, folder: Path) -> None:
        from deploy.broker import definitions
        from deploy.local.ports import Ports
        from deploy.local.postgres import Postgres
        from deploy.local.rabbitmq import RabbitMQ
        from services.shared.settings import Settings

        ports = Ports(folder / "ports.json")
        nowhere = Settings.model_validate(
            {
                "home": folder,
                "secret": secrets.token_urlsafe(32),
                "database_url": "postgresql+psycopg://kansen@127.0.0.1:1/kansen",
                "rabbitmq_url": "amqp://kansen@127.0.0.1:1/kansen",
                "temporal_address": "127.0.0.1:1",
            }
        )
        self._postgres = Postgres(folder / "postgres", password=secrets.token_urlsafe(), ports=ports)
        self._rabbitmq = RabbitMQ(
            folder / "rabbitmq", password=secrets.token_urlsafe(), ports=ports, definitions=definitions(nowhere)
        )

    def __enter__(self) -> tuple[str, str]:
        self._postgres.start()
        try:
            self._rabbitmq.start()
        except BaseException:
            self._postgres.stop()
            raise
        return self._postgres.url, self._rabbitmq.url

    def __exit__(self, *_: object) -> None:
        self._rabbitmq.stop()
        self._postgres.stop()
