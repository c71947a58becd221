"""Forms that wait on a phone without a connection: sealed there with a public key, and opened only here."""

import base64
import binascii
import hmac
import json
from functools import cache
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.shared.secrets import derive_key

SEALED_BYTES_MAX = 16 * 1024
FIELDS_MAX = 100
CURVE = ec.SECP256R1()
POINT_BYTES = 65
NONCE_BYTES = 12
OWNER_LENGTH = 32
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_INFO = b"kansen kept form"

type Fields = list[tuple[str, str]]


@cache
def _private_key(secret: str) -> ec.EllipticCurvePrivateKey:
    # One off the 2**32 that a 256-bit number leaves above the order of this curve does no harm.
    number = int.from_bytes(derive_key(secret, "kept-forms")) % (_ORDER - 1) + 1
    return ec.derive_private_key(number, CURVE)


@cache
def public_key(secret: str) -> str:
    """The key with which any page seals a form: an uncompressed point of P-256, in base64."""
    point = _private_key(secret).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.b64encode(point).decode()


def owner_of(secret: str, person: UUID) -> str:
    """By what a phone knows whose form it keeps: it tells nobody who that is."""
    return hmac.new(derive_key(secret, "kept-forms-owner"), person.bytes, sha256).hexdigest()[:OWNER_LENGTH]


def open_form(secret: str, sealed: str, *, owner: str, form_id: UUID) -> Fields | None:
    """The fields of a sealed form, as (name, value); None for what this owner did not seal here under this id."""
    if len(sealed) > SEALED_BYTES_MAX:
        return None
    try:
        content = base64.b64decode(sealed, validate=True)
        point, nonce, rest = (
            content[:POINT_BYTES],
            content[POINT_BYTES : POINT_BYTES + NONCE_BYTES],
            content[POINT_BYTES + NONCE_BYTES :],
        )
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
        shared = _private_key(secret).exchange(ec.ECDH(), theirs)
        key = HKDF(algorithm=SHA256(), length=32, salt=point, info=_INFO).derive(shared)
        opened = json.loads(AESGCM(key).decrypt(nonce, rest, f"{owner}/{form_id}".encode()))
    except (binascii.Error, ValueError, InvalidTag, RecursionError):
        return None
    if not isinstance(opened, list) or len(opened) > FIELDS_MAX:
        return None
    fields = [tuple(field) for field in opened if isinstance(field, list) and len(field) == 2]
    if len(fields) != len(opened) or not all(isinstance(part, str) for field in fields for part in field):
        return None
    return [(name, value) for name, value in fields]
