"""Documents of a family: handed in, looked at by a scanner, sealed; opened by who may, and gone when they must be."""

from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from services.plans import handlers, journal_store
from services.plans.commands import LABEL_MAX, AddDocument, RemoveDocument
from services.plans.documents import EXTENSIONS, SIZE_MAX_BYTES, Vault, media_type_of
from services.plans.domain import DocumentKind, Scan
from services.plans.pages.entry import DocumentReader, DocumentWriter, opened, refusal_of
from services.shared.outcomes import Refused
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.scanning import Verdict, scan
from services.shared.scopes import may_see, must_see
from services.shared.screens.language import only_language
from services.shared.screens.said import Said
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.web import DatabaseOf, Now

router = APIRouter()


def vault_of(request: Request) -> Vault:
    return Vault(request.app.state.secret)


VaultOf = Annotated[Vault, Depends(vault_of)]


@router.get("/documenten/{trajectory_id}")
async def show(trajectory_id: UUID, actor: DocumentReader, page: PageOf, database: DatabaseOf, now: Now) -> Response:
    async with database.transaction() as tx:
        await opened(tx, actor, Permission.READ_DOCUMENTS, trajectory_id, what="documents", now=now)
        documents = await journal_store.documents(tx, trajectory_id)
        may_add = await may_see(tx, actor, Permission.WRITE_DOCUMENTS, trajectory_id=trajectory_id)
    return _page(page, trajectory_id, documents, may_add=may_add)


@router.post("/documenten/{trajectory_id}")
async def add(
    request: Request,
    trajectory_id: UUID,
    actor: DocumentWriter,
    form: FormOf,
    page: PageOf,
    database: DatabaseOf,
    vault: VaultOf,
    now: Now,
) -> Response:
    """Takes a document in. Nobody who may not write here has anything scanned."""
    async with database.transaction() as tx:
        await must_see(tx, actor, Permission.WRITE_DOCUMENTS, trajectory_id=trajectory_id)
    said = Said(form)
    document_id = said.id()
    if only_language(form):
        told = {"kind": said.text("kind"), "label": said.words("label", length_max=LABEL_MAX), "key": document_id}
        async with database.transaction() as tx:
            await opened(tx, actor, Permission.WRITE_DOCUMENTS, trajectory_id, what="documents", now=now)
            documents = await journal_store.documents(tx, trajectory_id)
        return _page(page, trajectory_id, documents, told=told, file_left=bool(said.text("file")))
    kind = said.option("kind", DocumentKind)
    label = said.words("label", length_max=LABEL_MAX)
    body = await _body(form, said)
    media_type = media_type_of(body) if "file" not in said.errors else None
    if "file" not in said.errors and media_type is None:
        said.errors["file"] = "not-this-type"
    verdict = await scan(request.app.state.settings.virus_scanner, body) if not said.errors else Verdict.AWAY
    if not said.errors and verdict is Verdict.INFECTED:
        said.errors["file"] = "infected"
    told = {"kind": said.text("kind"), "label": label, "key": document_id}
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.WRITE_DOCUMENTS, trajectory_id, what="documents", now=now)
        documents = await journal_store.documents(tx, trajectory_id)
        if said.errors or kind is None or media_type is None:
            return _page(page, trajectory_id, documents, told=told, errors=said.errors, status=400)
        if verdict is Verdict.AWAY:
            return _page(page, trajectory_id, documents, told=told, refused="scanner-away", status=503)
        key = await handlers.family_key(tx, trajectory, vault.fresh_key(trajectory.family_id))
        command = AddDocument(
            document_id=document_id,
            trajectory_id=trajectory_id,
            kind=kind,
            label=label,
            media_type=media_type,
            size_bytes=len(body),
            scan=Scan(verdict.value),
            sealed=vault.seal(key, trajectory.family_id, document_id, body),
        )
        outcome = await handlers.add_document(tx, command, actor=actor, now=now)
    if isinstance(outcome, Refused):
        return _page(page, trajectory_id, documents, told=told, refused=outcome.code, status=409)
    return see_other(f"/plans/documenten/{trajectory_id}")


@router.get("/documenten/{trajectory_id}/{document_id}")
async def download(
    trajectory_id: UUID, document_id: UUID, actor: DocumentReader, database: DatabaseOf, vault: VaultOf, now: Now
) -> Response:
    """The document as a file to save: never shown in the browser, and named without a word about anybody."""
    async with database.transaction() as tx:
        trajectory = await opened(tx, actor, Permission.READ_DOCUMENTS, trajectory_id, what="document", now=now)
        known = {each.id: each for each in await journal_store.documents(tx, trajectory_id)}
        key = await journal_store.sealed_key(tx, trajectory.family_id)
        sealed = await journal_store.sealed_document(tx, trajectory_id, document_id)
    if sealed is None or key is None:
        raise Problem(404, "unknown-document")
    body = vault.open(key, trajectory.family_id, document_id, sealed)
    if body is None:
        raise Problem(500, "document-cannot-be-opened")
    document = known[document_id]
    name = f"{document.kind}-{document.added_at:%Y-%m-%d}.{EXTENSIONS[document.media_type]}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type=document.media_type, headers=headers)


@router.post("/documenten/{trajectory_id}/{document_id}/weg")
async def remove(
    trajectory_id: UUID,
    document_id: UUID,
    actor: DocumentWriter,
    form: FormOf,
    page: PageOf,
    database: DatabaseOf,
    now: Now,
) -> Response:
    """Gone for good, once somebody said that they are sure."""
    async with database.transaction() as tx:
        await opened(tx, actor, Permission.WRITE_DOCUMENTS, trajectory_id, what="documents", now=now)
        documents = await journal_store.documents(tx, trajectory_id)
        if form.get("sure") != "yes":
            removing = next((each for each in documents if each.id == document_id), None)
            if removing is None:
                return see_other(f"/plans/documenten/{trajectory_id}")
            return page("document_remove.html", {"trajectory_id": trajectory_id, "document": removing})
        command = RemoveDocument(trajectory_id=trajectory_id, document_id=document_id)
        refused = refusal_of(await handlers.remove_document(tx, command, actor=actor, now=now))
    if refused:
        raise Problem(409, refused)
    return see_other(f"/plans/documenten/{trajectory_id}")


async def _body(form: FormData, said: Said) -> bytes:
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        said.errors["file"] = "missing"
        return b""
    body = await file.read(SIZE_MAX_BYTES + 1)
    if len(body) > SIZE_MAX_BYTES:
        said.errors["file"] = "too-large"
    elif not body:
        said.errors["file"] = "empty"
    return body


def _page(
    page: Page,
    trajectory_id: UUID,
    documents: list[journal_store.Document],
    *,
    told: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    refused: str | None = None,
    may_add: bool = True,
    file_left: bool = False,
    status: int = 200,
) -> Response:
    values = {
        "trajectory_id": trajectory_id,
        "documents": documents,
        "told": told or {"kind": "", "label": "", "key": uuid4()},
        "errors": errors or {},
        "refused": refused,
        "may_add": may_add,
        "file_left": file_left,
        "kinds": [each.value for each in DocumentKind],
        "megabytes": SIZE_MAX_BYTES // (1024 * 1024),
    }
    return page("documents_page.html", values, status=status)
