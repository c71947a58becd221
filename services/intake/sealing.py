"""Keeps a BSN under a key that stands nowhere in the database."""

import hashlib
import hmac
import secrets
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.shared.secrets import derive_key

NONCE_BYTES = 12


class Seal:
    """AES-256-GCM with keys that follow from the secret of the installation; each seal belongs to one owner."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(derive_key(secret, "intake/bsn"))
        self._mark_key = derive_key(secret, "intake/bsn-mark")

    def close(self, text: str, *, owner: UUID) -> bytes:
        """Other bytes each time, readable for this owner only."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), owner.bytes)

    def open(self, sealed: bytes, *, owner: UUID) -> str:
        """Raises cryptography's InvalidTag for bytes that were changed or are another's."""
        return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], owner.bytes).decode()

    def mark(self, text: str) -> bytes:
        """The same for the same number, so that it is found again without being read (HMAC-SHA256)."""
        return hmac.digest(self._mark_key, text.encode(), hashlib.sha256)
