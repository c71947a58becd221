"""How a programme's money stands: for families, its own costs, and what each funder bears to the cent."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from programmes.words import in_language
from services.budget import store
from services.budget.balances import programme_balance, trial_balance
from services.shared.access import Actor, allowed
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.scopes import must_be_in
from services.shared.screens.web import PageOf
from services.shared.types import Code
from services.shared.web import DatabaseOf

router = APIRouter()

Reader = Annotated[Actor, Depends(allowed(Permission.READ_BOOKS))]


@router.get("/boek")
async def choose(actor: Reader, page: PageOf, database: DatabaseOf) -> Response:
    """The programmes in which somebody works that have money."""
    programmes = []
    async with database.transaction() as tx:
        for code in sorted(actor.programmes):
            funded = await store.funded_programme(tx, code)
            definition = await store.definition(tx, code, funded.version) if funded else None
            if definition is not None:
                programmes.append((code, definition.name, await programme_balance(tx, code)))
    return page("books.html", {"programmes": programmes})


@router.get("/boek/{programme}")
async def show(programme: Code, actor: Reader, page: PageOf, database: DatabaseOf) -> Response:
    must_be_in(actor, Permission.READ_BOOKS, programme)
    async with database.transaction() as tx:
        balance = await programme_balance(tx, programme)
        definition = await store.definition(tx, programme, balance.version) if balance else None
        if balance is None or definition is None:
            raise Problem(404, "not-found")
        trial = await trial_balance(tx, programme)
    names = {each.code: each.name for each in in_language(definition, page.language).funding.sources}
    return page("book.html", {"balance": balance, "programme": definition.name, "names": names, "trial": trial})
