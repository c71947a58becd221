"""The script that runs before anything is installed says in one line what is missing."""

import ast
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from deploy.local.programs import ROOT


def test_the_oldest_python_that_may_start_it_can_read_it() -> None:
    ast.parse((ROOT / "kansen").read_text(), feature_version=(3, 9))


def test_without_a_package_manager_the_line_names_the_package_and_the_way_around(script: ModuleType) -> None:
    with pytest.raises(script.Refusal) as refusal:
        script.bring_broker(fast=False)

    line = str(refusal.value)
    assert "install the package rabbitmq-server" in line
    assert "KANSEN_RABBITMQ_URL" in line
    assert "no apt-get" in line
    assert "\n" not in line


def test_without_root_or_sudo_the_line_says_so(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script.shutil, "which", {"apt-get": "/usr/bin/apt-get"}.get)
    monkeypatch.setattr(script.os, "geteuid", lambda: 1000)

    with pytest.raises(script.Refusal, match="run this once as root or with sudo"):
        script.bring_broker(fast=False)


@pytest.mark.parametrize("where", ["environment", "settings file"])
def test_a_broker_that_is_named_needs_none_installed(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: str
) -> None:
    if where == "environment":
        monkeypatch.setenv("KANSEN_RABBITMQ_URL", "amqp://broker.example/kansen")
    else:
        (tmp_path / "settings.toml").write_text('rabbitmq_url = "amqp://broker.example/kansen"\n')

    asked: list[str] = []
    monkeypatch.setattr(script, "install_system_package", lambda names, *advice: asked.extend(names))

    script.bring_broker(fast=False)

    assert asked == []


def test_the_fast_checks_need_no_broker(script: ModuleType) -> None:
    script.bring_broker(fast=True)

    with pytest.raises(script.Refusal):
        script.bring_broker(fast=False)


def test_a_step_that_fails_is_one_line_with_its_reason(script: ModuleType) -> None:
    with pytest.raises(script.Refusal) as refusal:
        script.run(
            [sys.executable, "-c", "print('first', flush=True); raise SystemExit('no space left')"],
            "packages",
            "make room",
        )

    assert str(refusal.value) == "packages failed: first no space left. make room"


def test_something_that_is_no_python_is_too_old(script: ModuleType, tmp_path: Path) -> None:
    assert script.version_of(tmp_path / "python") == (0, 0)
    assert script.version_of(sys.executable) >= script.OLDEST


@pytest.mark.parametrize(("forbidden", "kept_in"), [("1", ".venv/bytecode"), (None, None)])
def test_what_was_compiled_is_kept_with_the_packages_where_it_may_not_stand_beside_the_source(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, forbidden: str | None, kept_in: str | None
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    if forbidden:
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", forbidden)

    script.keep_bytecode()

    assert "PYTHONDONTWRITEBYTECODE" not in os.environ
    assert os.environ.get("PYTHONPYCACHEPREFIX") == (str(ROOT / kept_in) if kept_in else None)
