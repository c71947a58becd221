"""Encrypts what stands in workflow history: the second line, behind contracts that hold no personal data."""

import secrets
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

ENCODING = b"binary/encrypted"
NONCE_BYTES = 12


class EncryptingCodec(PayloadCodec):
    """AES-256-GCM with the key's name beside each payload, so that keys can be changed while histories live."""

    def __init__(self, keys: dict[str, bytes], current: str) -> None:
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self._current = current

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [
            self._decrypt(payload) if payload.metadata.get("encoding") == ENCODING else payload for payload in payloads
        ]

    def _encrypt(self, payload: Payload) -> Payload:
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, payload.SerializeToString(), ENCODING)
        return Payload(metadata={"encoding": ENCODING, "key": self._current.encode()}, data=nonce + sealed)

    def _decrypt(self, payload: Payload) -> Payload:
        name = payload.metadata["key"].decode()
        if name not in self._ciphers:
            raise ValueError(f"no key named {name}")
        opened = self._ciphers[name].decrypt(payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:], ENCODING)
        return Payload.FromString(opened)
