"""The published descriptions of the APIs, by the rules for which the linter of the NLGov API Design Rules gives errors.

That they are what the code says is for `tests/deploy/test_publish.py`.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.publish.command import FOLDER
from services.shared.problems import MEDIA_TYPE
from services.shared.web import API_VERSION
from tests.architecture.sources import SERVICES

PATH = re.compile(r"^(/([a-z]+(-[a-z]+)*|\{[a-z_]+\}|_zoek))+$")
QUERY_KEY = re.compile(r"^[a-z]+([A-Z][a-z]+)*$")
METHODS = {"get", "post", "put", "patch", "delete"}
MEMBERS = {"status", "title", "detail"}
SEMVER = re.compile(r"^\d+\.\d+\.\d+$")

pytestmark = pytest.mark.parametrize("name", SERVICES)


def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.openapi.json").read_text())
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        yield from ((f"{method} {path}", operation) for method, operation in methods.items())


def _followed(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    for step in part.get("$ref", "#").split("/")[1:]:
        document = document[step]
    return document if "$ref" in part else part


def test_it_says_which_version_it_is_where_it_lives_and_whom_to_ask(name: str) -> None:
    document = _document(name)

    assert document["openapi"].startswith("3.")
    assert document["info"]["version"] == API_VERSION
    assert SEMVER.match(API_VERSION)
    assert {"name", "url", "email"} <= document["info"]["contact"].keys()
    assert document["servers"] == [{"url": f"/{name}/v{API_VERSION.partition('.')[0]}"}]


def test_its_paths_and_queries_are_written_as_the_rules_want(name: str) -> None:
    document = _document(name)
    parameters = [each for _, operation in _operations(document) for each in operation.get("parameters", ())]

    assert [path for path in document["paths"] if not PATH.match(path)] == []
    assert [each for methods in document["paths"].values() for each in methods if each not in METHODS] == []
    assert [each["name"] for each in parameters if each["in"] == "query" and not QUERY_KEY.match(each["name"])] == []


def test_every_answer_names_the_header_with_the_version(name: str) -> None:
    document = _document(name)
    answers = {
        f"{operation} {status}": response.get("headers", {})
        for operation, told in _operations(document)
        for status, response in told["responses"].items()
    }

    assert answers
    assert [each for each, headers in answers.items() if not _followed(document, headers.get("API-Version", {}))] == []


def test_every_refusal_is_a_problem_with_the_members_of_one_and_wrong_input_is_400(name: str) -> None:
    document = _document(name)
    wrong = []
    for operation, told in _operations(document):
        refusals = {status: each for status, each in told["responses"].items() if status[0] in "45"}
        if not {"400", "4XX", "5XX"} <= refusals.keys() or "422" in refusals:
            wrong.append(f"{operation}: {sorted(refusals)}")
        for status, response in refusals.items():
            problem = _followed(document, response.get("content", {}).get(MEDIA_TYPE, {}).get("schema", {}))
            if list(response["content"]) != [MEDIA_TYPE] or not problem["properties"].keys() >= MEMBERS:
                wrong.append(f"{operation} {status}")

    assert wrong == []
