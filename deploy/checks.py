"""`test`: everything that must hold, one check after another, each with the time it took."""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from time import monotonic

from deploy.local.programs import ROOT

PYTHON = sys.executable
BIN = Path(sys.executable).parent
CODE = ("services", "workflows", "programmes", "simulation", "deploy", "tests")
CHECK_SECONDS_MAX = 1500
# Three at a time on two cores, each with engines of its own: they wait as much as they compute.
SIDE_BY_SIDE = ("--numprocesses", "3", "--dist", "loadfile", "--no-loadscope-reorder")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `test`."""
    parser.add_argument("--fast", action="store_true", help="only what needs no server and no browser")


def run(arguments: argparse.Namespace) -> int:
    """Runs all checks, also after one failed. Exit code 1 when one did."""
    code = [folder for folder in CODE if any((ROOT / folder).rglob("*.py"))]
    checks = {
        "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "kansen", *code],
        "lint": [str(BIN / "ruff"), "check", "--quiet", "kansen", *code],
        "types": [str(BIN / "mypy"), "--no-error-summary", *code],
        "import rules": [str(BIN / "lint-imports"), "--no-logo"],
        "tests without servers": [PYTHON, "-m", "pytest", "-m", "not engines and not browser"],
    }
    if not arguments.fast:
        checks["screens in a browser"] = [PYTHON, "-m", "pytest", "-m", "browser and not engines"]
        checks["tests on real engines"] = [PYTHON, "-m", "pytest", "-m", "engines", *SIDE_BY_SIDE]
    failed = [name for name, command in checks.items() if not _passes(name, command)]
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed", flush=True)
    return 1 if failed else 0


def _passes(name: str, command: list[str]) -> bool:
    began = monotonic()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KANSEN_")}
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, timeout=CHECK_SECONDS_MAX)
        passed = done.returncode == 0
    except subprocess.TimeoutExpired:
        passed = False
    print(f"{'passed' if passed else 'FAILED'}: {name} ({monotonic() - began:.1f} s)", flush=True)
    return passed
