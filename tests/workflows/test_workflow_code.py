"""What runs inside a workflow gives the same on every replay: no clock, no chance, no reading, no framework."""

import ast
from pathlib import Path

import pytest

import workflows

FOLDER = Path(workflows.__file__).parent
OUTSIDE = {"__main__", "starter", "store", "terms", "sandbox", "worker", "programme_cycles"}
"""What runs around workflows, not inside them."""
ALLOWED = (
    "asyncio",
    "collections.abc",
    "contextlib",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "itertools",
    "typing",
    "uuid",
    "temporalio",
    "services.shared.calendar",
    "services.shared.roles",
    "services.shared.types",
    "workflows",
)
FORBIDDEN_CALLS = {"now", "utcnow", "today", "uuid1", "uuid4", "random", "open", "getenv", "monotonic"}
ALLOWED_CALLS = {("workflow", "now")}


def inside() -> list[Path]:
    return sorted(path for path in FOLDER.glob("*.py") if path.stem not in OUTSIDE)


def loose_imports(source: str) -> list[str]:
    """The imports that workflow code may not have."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names += [f"{module}.{alias.name}" if module.startswith("services") else module for alias in node.names]
    return [name for name in names if not _is_allowed(name)]


def loose_calls(source: str) -> list[str]:
    """The calls in workflow code whose answer differs from replay to replay."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            if node.func.attr in FORBIDDEN_CALLS and (owner, node.func.attr) not in ALLOWED_CALLS:
                found.append(f"{owner}.{node.func.attr}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"open", "uuid4"}:
            found.append(node.func.id)
    return found


def _is_allowed(name: str) -> bool:
    parts = name.split(".")
    if parts[0] == "services" and parts[1] != "shared":
        return parts[2] in {"contracts", "events"}
    return any(name == allowed or name.startswith(f"{allowed}.") for allowed in ALLOWED)


@pytest.mark.parametrize("path", inside(), ids=lambda path: path.stem)
def test_workflow_code_imports_and_calls_only_what_replays(path: Path) -> None:
    source = path.read_text()
    assert loose_imports(source) == []
    assert loose_calls(source) == []


def test_the_rule_sees_what_it_must_see() -> None:
    assert loose_imports("import random\nfrom services.budget.store import tables\nimport httpx\n") == [
        "random",
        "services.budget.store.tables",
        "httpx",
    ]
    assert loose_imports("from services.budget.contracts import MakeBatch\nfrom temporalio import workflow\n") == []
    assert loose_calls("datetime.now()\nuuid4()\nworkflow.now()\n") == ["datetime.now", "uuid4"]
