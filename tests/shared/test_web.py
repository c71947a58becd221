"""What every web application does before and after its routes: bodies it does not read, and headers on everything."""

from collections.abc import AsyncIterator
from typing import Annotated

import pytest
from fastapi import APIRouter, Body, FastAPI, Request
from httpx import ASGITransport, AsyncClient, Response
from pydantic import BaseModel
from sqlalchemy import MetaData, select
from starlette.types import Message
from structlog.testing import capture_logs

from services.shared.database import Database
from services.shared.settings import Settings
from services.shared.tables import SharedTables
from services.shared.web import BODY_BYTES_MAX, SECURITY_HEADERS, DatabaseOf, web_app

router = APIRouter()


@router.post("/echoes")
async def echo(text: Annotated[str, Body()]) -> str:
    return text


class Family(BaseModel):
    name: str
    children: int
    area: str


@router.post("/families")
async def welcome(family: Family) -> str:
    return family.name


@router.post("/lengths")
async def length(request: Request) -> int:
    """Reads the body itself, as forms are read."""
    return len(await request.body())


@router.get("/bugs")
async def bug() -> str:
    raise RuntimeError("a name that nobody may read")


@router.get("/rows")
async def rows(database: DatabaseOf) -> int:
    """Nothing listens where these tests say that the database is."""
    async with database.transaction() as tx:
        return int((await tx.execute(select(1))).scalar_one())


@pytest.fixture
async def app(placeholder_settings: Settings) -> AsyncIterator[FastAPI]:
    url = placeholder_settings.database_url_for("desk")
    database = Database(
        url, tables=SharedTables(MetaData(schema="desk")), source=placeholder_settings.source_of("desk")
    )
    yield web_app("desk", "Echoes", router, settings=placeholder_settings, database=database)
    await database.close()


@pytest.fixture
async def web(app: FastAPI) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://desk") as client:
        yield client


def _is_problem(answer: Response, status: int, code: str) -> bool:
    dressed = all(answer.headers[name] == value for name, value in SECURITY_HEADERS.items())
    known = answer.headers["content-type"] == "application/problem+json" and "API-Version" in answer.headers
    return dressed and known and (answer.status_code, answer.json()["code"]) == (status, code)


async def test_the_description_is_beside_the_routes_under_the_name_that_the_front_gives(web: AsyncClient) -> None:
    answer = await web.get("/v1/openapi.json")

    assert (answer.json()["servers"], list(answer.json()["paths"])) == (
        [{"url": "/desk/v1"}],
        ["/echoes", "/families", "/lengths", "/bugs", "/rows"],
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing-here", 404, "not-found"),
        ("GET", "/v1/bugs/", 404, "not-found"),
        ("DELETE", "/v1/bugs", 405, "method-not-allowed"),
    ],
)
async def test_what_no_route_answers_is_a_problem_like_any_other(
    web: AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await web.request(method, path)

    assert _is_problem(answer, status, code)
    assert answer.json()["detail"] == code.replace("-", " ")


async def test_everything_that_is_wrong_with_what_was_sent_is_told_at_once(web: AsyncClient) -> None:
    answer = await web.post("/v1/families", json={"name": 7, "children": "many"})

    assert _is_problem(answer, 400, "invalid-input")
    assert {each["place"] for each in answer.json()["errors"]} == {"body.name", "body.children", "body.area"}
    assert "many" not in answer.text


async def test_json_is_read(web: AsyncClient) -> None:
    answer = await web.post(
        "/v1/echoes", content='"hallo"', headers={"Content-Type": "Application/JSON; charset=utf-8"}
    )

    assert (answer.status_code, answer.json()) == (200, "hallo")


async def test_a_form_is_told_that_only_json_is_read(web: AsyncClient) -> None:
    assert _is_problem(await web.post("/v1/echoes", data={"text": "hallo"}), 415, "json-only")


async def test_a_body_that_is_too_large_is_not_read(web: AsyncClient) -> None:
    body = '"' + "x" * BODY_BYTES_MAX + '"'
    answer = await web.post("/v1/echoes", content=body, headers={"Content-Type": "application/json"})

    assert _is_problem(answer, 413, "body-too-large")


async def test_a_body_without_a_length_is_not_read(web: AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'"hallo"'

    answer = await web.post("/v1/echoes", content=endless(), headers={"Content-Type": "application/json"})

    assert _is_problem(answer, 411, "length-required")


async def test_a_bug_is_a_problem_like_any_other_and_tells_nothing(web: AsyncClient) -> None:
    answer = await web.get("/v1/bugs")

    assert _is_problem(answer, 500, "internal-server-error")
    assert "trace" in answer.json()
    assert "a name" not in answer.text


async def test_who_goes_away_while_a_form_is_under_way_is_no_failure(app: FastAPI) -> None:
    answers: list[Message] = []

    async def goes_away() -> Message:
        return {"type": "http.disconnect"}

    async def nobody_hears(message: Message) -> None:
        answers.append(message)

    headers = [(b"host", b"desk"), (b"content-type", b"application/json"), (b"content-length", b"7")]
    scope = {"type": "http", "method": "POST", "path": "/v1/lengths", "query_string": b"", "headers": headers}
    with capture_logs() as logs:
        await app(scope, goes_away, nobody_hears)

    assert logs == []
    assert answers[0]["status"] == 400


async def test_a_database_that_is_away_is_no_fault_of_who_asks(web: AsyncClient) -> None:
    answer = await web.get("/v1/rows")

    assert _is_problem(answer, 503, "not-available-now")
