"""What a document may be, told by its content and not its name; and how it is sealed with the key of its family."""

import secrets
import zipfile
from io import BytesIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.shared.secrets import KEY_BYTES, derive_key

SIZE_MAX_BYTES = 10 * 1024 * 1024
NONCE_BYTES = 12
PURPOSE = "plans/documents"
PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
ODT = "application/vnd.oasis.opendocument.text"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXTENSIONS = {PDF: "pdf", JPEG: "jpg", PNG: "png", ODT: "odt", DOCX: "docx"}
ZIP_ENTRIES_MAX = 1_000
ODT_MARK_BYTES_MAX = 200


def media_type_of(body: bytes) -> str | None:
    """The type that the bytes themselves say; None for what is not taken, such as a program or a file with macros."""
    if body.startswith(b"%PDF-"):
        return PDF
    if body.startswith(b"\xff\xd8\xff"):
        return JPEG
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    return _office_type(body) if body.startswith(b"PK\x03\x04") else None


def _office_type(body: bytes) -> str | None:
    """A text document of an office program, without macros."""
    try:
        with zipfile.ZipFile(BytesIO(body)) as packed:
            parts = {each.filename: each for each in packed.infolist()[:ZIP_ENTRIES_MAX]}
            if any("vbaproject" in name.lower() or name.startswith("Basic/") for name in parts):
                return None
            mark = parts.get("mimetype")
            if mark is not None and mark.file_size <= ODT_MARK_BYTES_MAX and packed.read(mark) == ODT.encode():
                return ODT
            return DOCX if {"word/document.xml", "[Content_Types].xml"} <= parts.keys() else None
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError):
        return None


class Vault:
    """Seals documents (AES-256-GCM): each family has its own key, itself sealed with the installation's."""

    def __init__(self, secret: str) -> None:
        self._keys = AESGCM(derive_key(secret, PURPOSE))

    def fresh_key(self, family_id: UUID) -> bytes:
        """A new sealed key for a family."""
        return _seal(self._keys, secrets.token_bytes(KEY_BYTES), family_id)

    def seal(self, key: bytes, family_id: UUID, document_id: UUID, body: bytes) -> bytes:
        """The bytes as they are kept; they open under this document's id only."""
        return _seal(self._opened(key, family_id), body, document_id)

    def open(self, key: bytes, family_id: UUID, document_id: UUID, sealed: bytes) -> bytes | None:
        """The document; None when key, id or bytes do not belong together."""
        try:
            return _open(self._opened(key, family_id), sealed, document_id)
        except InvalidTag:
            return None

    def _opened(self, key: bytes, family_id: UUID) -> AESGCM:
        return AESGCM(_open(self._keys, key, family_id))


def _seal(cipher: AESGCM, body: bytes, about: UUID) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, body, about.bytes)


def _open(cipher: AESGCM, sealed: bytes, about: UUID) -> bytes:
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.bytes)
