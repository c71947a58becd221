"""Every internal credential, derived from the one secret of an installation."""

import base64

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32


def derive_key(secret: str, purpose: str) -> bytes:
    """A 256-bit key for one purpose (HKDF-SHA256, RFC 5869); knowing it tells nothing of the others."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=b"kansen", info=purpose.encode()).derive(secret.encode())


def derive(secret: str, purpose: str) -> str:
    """The same as text that is safe in a URL."""
    return base64.urlsafe_b64encode(derive_key(secret, purpose)).rstrip(b"=").decode()
