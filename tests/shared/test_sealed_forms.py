"""A form that waits on a phone opens for whom it was sealed, under its own id, and for nothing else."""

import base64
import json
import os
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.shared.sealed_forms import FIELDS_MAX, SEALED_BYTES_MAX, open_form, owner_of, public_key

SECRET, OTHER_SECRET = "s" * 32, "t" * 32
AYSE, BOB = UUID(int=1), UUID(int=2)
FIELDS = [("name", "Samira"), ("needs", "bicycle"), ("needs", "laptop")]


def seal(content: object, *, owner: str, form_id: UUID) -> str:
    """As a browser does it."""
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.b64decode(public_key(SECRET)))
    ours = ec.generate_private_key(ec.SECP256R1())
    point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = ours.exchange(ec.ECDH(), theirs)
    key = HKDF(algorithm=SHA256(), length=32, salt=point, info=b"kansen kept form").derive(shared)
    nonce = os.urandom(12)
    text = json.dumps(content).encode()
    return base64.b64encode(point + nonce + AESGCM(key).encrypt(nonce, text, f"{owner}/{form_id}".encode())).decode()


def test_a_sealed_form_is_opened_as_it_was_typed() -> None:
    owner, form_id = owner_of(SECRET, AYSE), uuid4()

    assert open_form(SECRET, seal(FIELDS, owner=owner, form_id=form_id), owner=owner, form_id=form_id) == FIELDS


def test_it_opens_for_nobody_else_under_no_other_id_and_with_no_other_secret() -> None:
    owner, form_id = owner_of(SECRET, AYSE), uuid4()
    sealed = seal(FIELDS, owner=owner, form_id=form_id)

    assert open_form(SECRET, sealed, owner=owner_of(SECRET, BOB), form_id=form_id) is None
    assert open_form(SECRET, sealed, owner=owner, form_id=uuid4()) is None
    assert open_form(OTHER_SECRET, sealed, owner=owner, form_id=form_id) is None


@pytest.mark.parametrize(
    "content", [{"name": "Samira"}, ["name"], [["name"]], [["name", 1]], [["x", "y"]] * (FIELDS_MAX + 1)]
)
def test_what_is_no_list_of_fields_is_none(content: object) -> None:
    owner, form_id = owner_of(SECRET, AYSE), uuid4()

    assert open_form(SECRET, seal(content, owner=owner, form_id=form_id), owner=owner, form_id=form_id) is None


@pytest.mark.parametrize(
    "sealed", ["", "%%%", "AAAA", base64.b64encode(b"\x04" + b"x" * 100).decode(), "A" * (SEALED_BYTES_MAX + 4)]
)
def test_what_was_never_sealed_is_none(sealed: str) -> None:
    assert open_form(SECRET, sealed, owner="x", form_id=uuid4()) is None


def test_a_form_that_was_changed_on_the_way_is_none() -> None:
    owner, form_id = owner_of(SECRET, AYSE), uuid4()
    content = bytearray(base64.b64decode(seal(FIELDS, owner=owner, form_id=form_id)))
    content[-1] ^= 1

    assert open_form(SECRET, base64.b64encode(content).decode(), owner=owner, form_id=form_id) is None


def test_an_owner_is_the_same_each_time_and_tells_nobody_who_it_is() -> None:
    assert owner_of(SECRET, AYSE) == owner_of(SECRET, AYSE) != owner_of(SECRET, BOB)
    assert owner_of(SECRET, AYSE) != owner_of(OTHER_SECRET, AYSE)
    assert str(AYSE) not in owner_of(SECRET, AYSE)
