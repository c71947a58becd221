"""The seal under which a BSN is kept, for the pages that keep or show one."""

from typing import Annotated

from fastapi import Depends, Request

from services.intake.sealing import Seal


def current_seal(request: Request) -> Seal:
    return Seal(request.app.state.secret)


SealOf = Annotated[Seal, Depends(current_seal)]
