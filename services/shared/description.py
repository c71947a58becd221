"""How an API describes itself: OpenAPI as the linter of the NLGov REST API Design Rules wants to read it."""

from typing import Any

from fastapi import FastAPI

from services.shared.problems import MEDIA_TYPE, PROBLEM_SCHEMA

API = "/v1"
ABOUT = "https://interoperable-europe.ec.europa.eu/collection/eupl"
ANSWERS_TOO: dict[int | str, dict[str, Any]] = {
    400: {"description": "What was sent is wrong; `errors` names every place"},
    "4XX": {"description": "Refused, with a code that says why"},
    "5XX": {"description": "Failed"},
}
"""What every route may answer besides its own; named, the description does not promise a 422 that is never given."""
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_HEADERS = {"API-Version": {"$ref": "#/components/headers/API-Version"}}
_VERSION = {"description": "The whole version of the API that answers", "schema": {"type": "string"}}


class DescribedApp(FastAPI):
    """The application of one service; `contact_email`: whom builders of other software may ask."""

    def __init__(self, name: str, *, contact_email: str, **told: Any) -> None:
        # Beside whatever host the description came from, under the name that the front door gives it.
        super().__init__(servers=[{"url": f"/{name}{API}"}], root_path_in_servers=False, **told)
        self._contact = {"name": "Kansen", "url": ABOUT, "email": contact_email}

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = _described(super().openapi(), self._contact)
        return self.openapi_schema


def _described(document: dict[str, Any], contact: dict[str, str]) -> dict[str, Any]:
    """With the major version in the server's address, the version's header on every answer, and every problem named."""
    document["info"]["contact"] = contact
    document["paths"] = {path.removeprefix(API): methods for path, methods in document["paths"].items()}
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                response["headers"] = _HEADERS
                if status.startswith(("4", "5")):
                    response["content"] = _PROBLEM
    document["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
    document["components"]["headers"] = {"API-Version": _VERSION}
    return document
