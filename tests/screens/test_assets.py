"""Styles and scripts come under the hash of their content, packed, for a year, and nothing else comes with them."""

import gzip
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from services.shared.problems import install_problems
from services.shared.screens.assets import (
    COMPONENTS,
    CSS,
    HTMX,
    NODE_MODULES,
    OWN_LOOK,
    THEME_BYTES_MAX,
    TOKENS,
    Assets,
    AssetsError,
    load_assets,
)
from tests.architecture.sources import ROOT

PACKED_BYTES_MAX = 40_000
CLASSES = re.compile(r"(?:utrecht|kansen)-[\w-]+")


@pytest.fixture(scope="module")
def assets() -> Assets:
    return load_assets()


@pytest.fixture
async def reader(assets: Assets) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    install_problems(app)
    app.router.routes.append(assets.route())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://front") as client:
        yield client


@pytest.mark.parametrize(
    ("name", "kind"), [("look.css", "text/css"), ("htmx.js", "text/javascript"), ("icon.svg", "image/svg+xml")]
)
async def test_a_file_is_kept_for_a_year_and_comes_packed(
    assets: Assets, reader: httpx.AsyncClient, name: str, kind: str
) -> None:
    packed = await reader.get(assets.url(name), headers={"Accept-Encoding": "gzip"})
    plain = await reader.get(assets.url(name), headers={"Accept-Encoding": "identity"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["Content-Type"].startswith(kind)
    assert packed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert int(packed.headers["Content-Length"]) < PACKED_BYTES_MAX


@pytest.mark.parametrize(
    "path",
    [
        "/assets/0000000000000000/look.css",
        "/assets/{digest}/package.json",
        "/assets/{digest}/../../package.json",
        "/assets/{digest}/..%2f..%2fpackage.json",
        "/assets/{digest}/%2e%2e/look.css",
        "/assets/{digest}/",
        "/assets/look.css",
    ],
)
async def test_no_address_leads_to_another_file(assets: Assets, reader: httpx.AsyncClient, path: str) -> None:
    digest = assets.url("look.css").split("/")[2]

    answer = await reader.get(path.format(digest=digest))

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_other_content_has_another_address_and_the_same_content_the_same(assets: Assets, tmp_path: Path) -> None:
    first, second = tmp_path / "first.css", tmp_path / "second.css"
    first.write_text("a { color: red }")
    second.write_text("a { color: blue }")

    assert load_assets(first).url("theme.css") != load_assets(second).url("theme.css")
    assert load_assets().files == assets.files


def test_a_theme_comes_after_ours_and_its_class_hangs_beside_ours(tmp_path: Path) -> None:
    theme = tmp_path / "anything.css"
    theme.write_text(".stad-theme { --utrecht-link-color: green } .stad-theme a, .dorp-theme { color: green }")

    assets = load_assets(theme)

    assert [address.rpartition("/")[2] for address in assets.styles] == ["look.css", "theme.css"]
    assert assets.themes == ("voorbeeld-theme", "stad-theme", "dorp-theme")


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), (b"\xff\xfe", "cannot be read"), (b" " * (THEME_BYTES_MAX + 1), "larger than 512 kB")],
)
def test_a_theme_that_cannot_be_used_is_one_line(tmp_path: Path, content: bytes | None, said: str) -> None:
    theme = tmp_path / "theme.css"
    if content is not None:
        theme.write_bytes(content)

    with pytest.raises(AssetsError, match=said):
        load_assets(theme)


def test_a_component_that_npm_did_not_bring_is_named_with_what_to_do(tmp_path: Path) -> None:
    for name in (TOKENS, HTMX, *(f"@utrecht/{component}-css/dist/index.min.css" for component in COMPONENTS[:-1])):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(NODE_MODULES / name, tmp_path / name)

    with pytest.raises(AssetsError, match=rf"{COMPONENTS[-1]}-css.* is missing: run ./kansen up"):
        load_assets(packages=tmp_path)


def test_the_look_asks_nobody_else_for_anything(assets: Assets) -> None:
    for file in assets.files:
        body = gzip.decompress(file.packed).decode()
        if file.kind == CSS:
            assert "@import" not in body
            assert "url(http" not in body.replace('"', "").replace("'", "")


def test_every_component_is_used_and_every_class_of_ours_has_a_look() -> None:
    files = [file for folder in ("services", "deploy") for file in (ROOT / folder).rglob("*.html")]
    named = {name for file in files for name in CLASSES.findall(file.read_text())}
    begun = tuple(name for name in named if name.endswith("-"))
    looks = set(re.findall(r"\.(kansen-[\w-]+)", OWN_LOOK.read_text()))

    assert {name for name in COMPONENTS if not any(each.startswith(f"utrecht-{name}") for each in named)} == set()
    assert {name for name in named if name.startswith("kansen-") and name not in (*begun, *looks)} == set()
    assert {name for name in looks - named if not name.startswith(begun)} == set()
