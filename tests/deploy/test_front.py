"""The front door shows what there is in Dutch, passes each service its own part, and errs as an API must."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from deploy.front import front_app, main
from deploy.services import SERVICES
from services.shared.health import OK, Health
from services.shared.screens.assets import Assets, load_assets
from services.shared.service import EXIT_BAD_SETTINGS
from services.shared.settings import Settings


def _service(name: str) -> FastAPI:
    app = FastAPI(openapi_url="/v1/openapi.json", redirect_slashes=False)

    @app.get("/v1/name")
    async def own_name() -> str:
        return name

    return app


@pytest.fixture
async def front() -> AsyncIterator[httpx.AsyncClient]:
    async def works() -> str:
        return OK

    async def fails() -> str:
        raise OSError("the database is away")

    health = Health()
    health.started = True
    for name in SERVICES:
        health.add(name, fails if name == "plans" else works)
    app = front_app({name: _service(name) for name in SERVICES}, health, load_assets())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://front") as client:
        yield client


@pytest.mark.parametrize("name", SERVICES)
async def test_each_service_answers_under_its_own_name(front: httpx.AsyncClient, name: str) -> None:
    assert (await front.get(f"/{name}/v1/name")).json() == name
    assert (await front.get(f"/{name}/v1/openapi.json")).status_code == 200


async def test_the_page_about_the_parts_is_dutch_and_says_which_part_does_not_work(front: httpx.AsyncClient) -> None:
    page = await front.get("/over")

    assert '<html lang="nl"' in page.text
    states = re.findall(r"<h2[^>]*>(.*?)</h2>.*?status-badge--\w+\">(.*?)</span>", page.text, re.DOTALL)
    assert len(states) == len(SERVICES)
    assert dict(states)["Gezinsplannen"] == "werkt nu niet"
    assert dict(states)["Gezinsbudget"] == "werkt"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_whoever_comes_begins_at_the_desk(front: httpx.AsyncClient) -> None:
    answer = await front.get("/")

    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/begin")


async def test_an_unknown_address_is_told_in_words_to_people(front: httpx.AsyncClient) -> None:
    answer = await front.get("/nergens", headers={"Accept": "text/html,*/*;q=0.8"})

    assert answer.status_code == 404
    assert "Dit is er niet (meer)" in answer.text


async def test_an_unknown_address_is_a_problem_in_json(front: httpx.AsyncClient) -> None:
    answer = await front.get("/nothing/here")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_front_is_not_ready_while_a_part_is_away(front: httpx.AsyncClient) -> None:
    ready = await front.get("/health/ready")

    assert ready.status_code == 503
    assert ready.json()["checks"]["budget"] == OK
    assert (await front.get("/health/live")).status_code == 200


def test_without_the_npm_packages_the_front_says_in_one_line_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, placeholder_settings: Settings
) -> None:
    def load_nothing(theme_file: Path | None) -> Assets:
        return load_assets(theme_file, packages=tmp_path)

    monkeypatch.setattr("deploy.front.load_settings", lambda: placeholder_settings)
    monkeypatch.setattr("deploy.front.packed_assets", load_nothing)
    monkeypatch.setattr("deploy.front.configure_logs", lambda *_: None)

    assert main() == EXIT_BAD_SETTINGS
    assert "is missing: run ./kansen up, which brings the npm packages" in capsys.readouterr().err
