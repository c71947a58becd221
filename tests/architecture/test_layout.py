"""Whoever knows one service knows where to look in every other."""

import ast
import re

import pytest

from tests.architecture.sources import OURS, ROOT, SERVICES, files, name_of, tree

USUAL = {
    "__init__.py",
    "__main__.py",
    "activities.py",
    "api.py",
    "bus.py",
    "commands.py",
    "contracts.py",
    "domain.py",
    "domain",
    "events.py",
    "handlers.py",
    "handlers",
    "locale",
    "migrations",
    "pages",
    "pages.py",
    "store.py",
    "tables.py",
    "templates",
}
"""A file that would be empty is absent; one that grew is a package of the same name."""

OWN = {
    "budget": {
        "answers.py",
        "audit.py",
        "balances.py",
        "ledger.py",
        "payment_file.py",
        "payments_store.py",
        "proposals_store.py",
        "standing.py",
    },
    "desk": {
        "appointments.py",
        "asking_store.py",
        "colleagues.py",
        "concern_view.py",
        "decisions.py",
        "dossier_store.py",
        "due.py",
        "families.py",
        "following.py",
        "kept_store.py",
        "mail.py",
        "mail_server.py",
        "mail_store.py",
        "oidc.py",
        "places.py",
        "practice.py",
        "reach.py",
        "session_store.py",
        "timeline.py",
        "timeline_bus.py",
        "urgent_store.py",
        "watch.py",
        "worklist.py",
    },
    "intake": {"outreach_store.py", "sealing.py"},
    "plans": {"documents.py", "journal_store.py"},
    "monitor": {"forwarder.py", "readings", "rebuild.py"},
}
"""What only this service has, named by its noun: a new entry here is a decision."""

REQUIRED = {"__init__.py", "__main__.py", "contracts.py", "events.py", "store.py", "migrations", "bus.py", "api.py"}
NOT_A_NOUN = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common)(_|\.|$)")
LINES_MAX = 400
SENTENCES_MAX = 2


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_usual_files_and_says_which_others(service: str) -> None:
    there = {path.name for path in (ROOT / "services" / service).iterdir() if path.name != "__pycache__"}

    assert there - USUAL - OWN.get(service, set()) == set()
    assert REQUIRED - there == set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_says_in_a_sentence_what_it_decides_and_owns(service: str) -> None:
    told = ast.get_docstring(tree(ROOT / "services" / service / "__init__.py")) or ""

    assert 1 <= len(re.findall(r"[.!?](?:\s|$)", told)) <= SENTENCES_MAX
    assert "owns" in told.lower() or service == "desk"


def test_every_file_says_what_it_is_for() -> None:
    silent = [file for file in files(*OURS, "tests") if file.read_text().strip() and not ast.get_docstring(tree(file))]

    assert [name_of(file) for file in silent] == []


def test_no_file_is_too_long_to_read() -> None:
    # Migrations are lists of columns, written once and not read for pleasure.
    long = [file for file in files(*OURS, "tests") if "migrations" not in file.parts]

    assert [name_of(file) for file in long if len(file.read_text().splitlines()) > LINES_MAX] == []


def test_no_file_is_named_after_nothing() -> None:
    assert [name_of(file) for file in files(*OURS) if NOT_A_NOUN.search(file.name)] == []


def test_nothing_is_left_to_be_done() -> None:
    # In two pieces, so that this line is not found itself.
    unfinished = re.compile(
        "|".join(f"{first}{second}" for first, second in (("TO", "DO"), ("FIX", "ME"), ("XX", "X")))
    )

    found = [file for file in files(*OURS, "tests") if unfinished.search(file.read_text())]

    assert [name_of(file) for file in found] == []
