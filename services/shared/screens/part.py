"""A page that is also a part of another: the same template, without the frame when a page asks for it by htmx."""

from typing import Annotated

from fastapi import Depends, Request


def asked_as_part(request: Request) -> bool:
    """Whether another page asks for this, to put it in its own place."""
    return request.headers.get("hx-request") == "true"


PartOf = Annotated[bool, Depends(asked_as_part)]
