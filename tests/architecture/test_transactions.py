"""One transaction is one commit, in one place; the broker and the clock are known to few."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import SERVICES, files, imported, name_of, tree

COMMITS = {"commit", "rollback", "begin", "begin_nested"}
BROKER = ("aio_pika", "aiormq", "faststream")
BROKER_KNOWN_TO = {
    "services/shared/bus.py",
    "services/shared/relay.py",
    "services/shared/rabbit.py",
    "services/monitor/forwarder.py",
}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
CHANCE = ("random", "secrets", "uuid.uuid4", "uuid.uuid1")
PLAIN = ("abc", "collections", "dataclasses", "datetime", "enum", "itertools", "uuid", "services")
PURE = ("domain", "handlers", "commands", "contracts", "events", "store", "tables", "readings", "ledger")
"""What must give the same in every run: now and ids are handed in."""


def _calls(file: Path) -> Iterator[tuple[str, str, int]]:
    """`a.b(...)` as (last name of a, b, line)."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
            yield name, node.func.attr, node.lineno


def _room_files() -> list[Path]:
    return files(*(f"services/{service}" for service in SERVICES), "workflows")


def test_nobody_commits_but_the_database_of_the_shared_library() -> None:
    found = [
        f"{name_of(file)}:{line} {owner}.{call}()"
        for file in _room_files()
        if "migrations" not in file.parts
        for owner, call, line in _calls(file)
        if call in COMMITS
    ]

    assert found == []


def test_few_know_the_broker() -> None:
    found = {
        name_of(file)
        for file in files("services", "workflows", "programmes")
        if any(module.split(".")[0] in BROKER for module in imported(file))
    }

    assert found == BROKER_KNOWN_TO


def test_rules_and_transactions_read_no_clock_and_roll_no_dice() -> None:
    found = []
    for file in _room_files():
        if not set(PURE) & {part.removesuffix(".py") for part in file.parts}:
            continue
        found += [f"{name_of(file)}:{line}" for owner, call, line in _calls(file) if (owner, call) in CLOCKS]
        found += [f"{name_of(file)}: {module}" for module in imported(file) if module in CHANCE]

    assert found == []


def test_workflows_know_of_services_only_contracts_and_events() -> None:
    allowed = {(service, part) for service in SERVICES for part in ("contracts", "events")}
    found = []
    for file in files("workflows"):
        for module in imported(file):
            parts = module.split(".")
            if parts[0] in ("simulation", "deploy", "tests"):
                found.append(f"{name_of(file)}: {module}")
            if parts[0] == "services" and len(parts) > 2 and parts[1] != "shared" and tuple(parts[1:3]) not in allowed:
                found.append(f"{name_of(file)}: {module}")

    assert found == []


def test_contracts_import_no_framework_but_activity() -> None:
    found = [
        f"{name_of(file)}: {module}"
        for service in SERVICES
        for file in files(f"services/{service}")
        if file.name == "contracts.py"
        for module in imported(file)
        if module.split(".")[0] not in PLAIN and module not in ("temporalio", "temporalio.activity")
    ]

    assert found == []
