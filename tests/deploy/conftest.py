"""The script that runs before anything is installed, as a module that tests can ask things."""

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from deploy.local.programs import ROOT


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module, on a machine without apt-get, sudo, npm, a broker or a browser."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = SourceFileLoader("kansen_script", str(ROOT / "kansen"))
    spec = spec_from_loader("kansen_script", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    monkeypatch.setattr(module, "PRIVATE_BROKER", tmp_path / "rabbitmq-server")
    monkeypatch.setattr(module, "CHROMIUM", tmp_path / "chromium")
    monkeypatch.setenv("KANSEN_HOME", str(tmp_path))
    monkeypatch.delenv("KANSEN_RABBITMQ_URL", raising=False)
    monkeypatch.delenv("KANSEN_SETTINGS", raising=False)
    return module
