"""`lock`: writes requirements.lock anew from pyproject.toml, with the hash of every file."""

import argparse
import subprocess
import sys
from pathlib import Path

from deploy.local.programs import ROOT

LOCK_SECONDS = 600
OLDEST_PYTHON = "3.12"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `lock`."""
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that pyproject.toml allows")


def run(arguments: argparse.Namespace) -> int:
    """Resolves for every platform and Python that we support."""
    command = [
        *(str(Path(sys.executable).parent / "uv"), "pip", "compile", "pyproject.toml"),
        *("--group", "local", "--group", "dev", "--universal", "--python-version", OLDEST_PYTHON),
        *(
            "--generate-hashes",
            "--no-emit-index-url",
            "--no-emit-find-links",
            "--custom-compile-command",
            "./kansen lock",
            "--quiet",
        ),
        *("--output-file", "requirements.lock"),
        *(["--upgrade"] if arguments.upgrade else []),
    ]
    return subprocess.run(command, cwd=ROOT, timeout=LOCK_SECONDS).returncode
