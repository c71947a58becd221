"""Who becomes a supporter or buddy: a colleague whom the desk knows by name; matching asks the rest."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from programmes.load import latest
from programmes.problems import ProgrammeError
from programmes.words import in_language
from services.desk.colleagues import could_join
from services.shared.access import Actor, allowed
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.roles import Role
from services.shared.scopes import must_be_in
from services.shared.screens.web import PageOf
from services.shared.types import Code
from services.shared.web import DatabaseOf

router = APIRouter()

Keeps = Annotated[Actor, Depends(allowed(Permission.KEEP_PEOPLE))]


@router.get("/begeleiders/{programme}")
async def show(programme: Code, actor: Keeps, page: PageOf, database: DatabaseOf) -> Response:
    """Names with a link for each part that somebody's account may take."""
    must_be_in(actor, Permission.KEEP_PEOPLE, programme)
    try:
        words = in_language(latest(programme), page.language).tandem
    except ProgrammeError:
        raise Problem(404, "unknown-programme") from None
    titles = {Role.SUPPORTER: words.supporter_title, Role.BUDDY: words.buddy_title}
    async with database.transaction() as tx:
        found = await could_join(tx, programme)
    colleagues = [
        (each.name, each.person, [(role.value, title) for role, title in titles.items() if role in each.roles])
        for each in found
    ]
    return page("newcomers.html", {"programme": programme, "colleagues": colleagues})
