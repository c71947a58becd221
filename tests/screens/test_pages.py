"""A page speaks the reader's language, writes dates and money as that reader does, and lets nothing foreign in."""

from collections.abc import AsyncIterator

import httpx
import pytest
from jinja2 import UndefinedError
from starlette.requests import Request

from services.shared.screens.assets import Assets, load_assets
from services.shared.screens.pages import Screens
from tests.screens.sample_site import GIVEN, HOSTILE, SAMPLE_ROOM, sample_app

HERE = "https://kansen.example"


@pytest.fixture(scope="module")
def assets() -> Assets:
    return load_assets()


@pytest.fixture
async def reader(assets: Assets) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(sample_app(assets))
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        yield client


async def test_dutch_is_the_language_of_whoever_chose_none(reader: httpx.AsyncClient) -> None:
    page = await reader.get("/aanvraag", headers={"Accept-Language": "en"})

    assert page.headers["Content-Language"] == "nl"
    assert "Er wachten 3 gezinnen." in page.text
    assert "27 april 2026" in page.text
    assert "€\xa01.234,56" in page.text
    assert "2 juli 2026 00:30" in page.text


async def test_english_is_complete_once_chosen(reader: httpx.AsyncClient) -> None:
    back = await reader.post("/taal", data={"taal": "en", "terug": "/aanvraag?van=folder"})
    page = await reader.get("/aanvraag")

    assert (back.status_code, back.headers["Location"]) == (303, "/aanvraag?van=folder")
    assert page.headers["Content-Language"] == "en"
    for words in (
        "3 families are waiting.",
        "27 April 2026",
        "€1,234.56",
        "Skip to the content",
        "How much is needed?",
    ):
        assert words in page.text


async def test_the_cookie_says_a_language_and_nothing_else(reader: httpx.AsyncClient) -> None:
    answer = await reader.post("/taal", data={"taal": "en"})

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("taal=en;")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "", "/a\r\nSet-Cookie: b=c"]
)
async def test_the_way_back_never_leads_to_another_site(reader: httpx.AsyncClient, elsewhere: str) -> None:
    answer = await reader.post("/taal", data={"taal": "en", "terug": elsewhere})

    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize(
    ("sent", "kind", "status"),
    [
        ("taal=fy", "application/x-www-form-urlencoded", 400),
        ("terug=/", "application/x-www-form-urlencoded", 400),
        ("", "application/x-www-form-urlencoded", 413),
        ("taal=en&terug=" + "x" * 5000, "application/x-www-form-urlencoded", 413),
        ('{"taal": "en"}', "application/json", 415),
    ],
)
async def test_a_choice_that_is_none_is_refused(reader: httpx.AsyncClient, sent: str, kind: str, status: int) -> None:
    answer = await reader.post("/taal", content=sent, headers={"Content-Type": kind})

    assert answer.status_code == status
    assert "Set-Cookie" not in answer.headers


async def test_a_cookie_that_somebody_made_up_means_dutch(reader: httpx.AsyncClient) -> None:
    page = await reader.get("/aanvraag", headers={"Cookie": "taal=../../etc"})

    assert page.headers["Content-Language"] == "nl"


async def test_a_page_runs_and_loads_nothing_that_is_not_ours(reader: httpx.AsyncClient) -> None:
    page = await reader.get("/aanvraag")

    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "style=" not in page.text
    assert " src=" not in page.text.replace(' src="/assets/', "")


async def test_what_people_wrote_is_never_markup(reader: httpx.AsyncClient) -> None:
    page = await reader.post("/aanvraag", data={"amount": HOSTILE})

    assert page.status_code == 400
    assert HOSTILE not in page.text
    assert "&lt;script&gt;" in page.text


def test_a_value_that_was_forgotten_is_a_fault_and_not_an_empty_place(assets: Assets) -> None:
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "server": ("front", 80)}
    without = {name: value for name, value in GIVEN.items() if name != "amount"}

    with pytest.raises(UndefinedError, match="amount"):
        Screens(assets, [SAMPLE_ROOM]).page(Request(scope), "form.html", without | {"errors": {}})
