"""What goes to Temporal, sealed: its database holds no title, no name, no feedback of ours, nor the text of a failure.

Workflow ids, update ids, types and the names of memo fields stay readable to the server and hold ids and codes only; of
search attributes there are those the SDK sets, which are names of patches.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadCodec

from services.payload_keys import PayloadKeys

ENCODING = b"binary/encrypted"
"""As Temporal's own samples name it, so that its page and tools know what they see."""
KEY_ID = "encryption-key-id"
_NONCE = 12
"""Bytes, drawn for each payload. NIST SP 800-38D allows 2**32 of them under one key: centuries of an office."""


class SealedPayloads(PayloadCodec):
    """AES-256-GCM over the whole payload, under the newest key of a ring.

    What was stored before there was a key is read as it is. What no key of the ring opens is handed on as it is, too:
    whoever needs it fails on it as on anything else he cannot read, and a stranger's payload breaks no workflow task.
    """

    def __init__(self, keys: PayloadKeys) -> None:
        """Seal under these keys, or not at all while there are none."""
        self._keys = keys

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Seal each."""
        newest = self._keys.newest
        if newest is None:
            return list(payloads)
        name, key = newest
        metadata = {"encoding": ENCODING, KEY_ID: name.encode()}
        sealed = []
        for payload in payloads:
            nonce = secrets.token_bytes(_NONCE)
            sealed.append(
                Payload(metadata=metadata, data=nonce + key.encrypt(nonce, payload.SerializeToString(), None))
            )
        return sealed

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open each that a key of the ring opens."""
        return [self._opened(payload) for payload in payloads]

    def _opened(self, payload: Payload) -> Payload:
        name = sealed_under(payload)
        key = self._keys.get(name) if name is not None else None
        if key is None:
            return payload
        from cryptography.exceptions import InvalidTag

        try:
            plain = key.decrypt(payload.data[:_NONCE], payload.data[_NONCE:], None)
            return Payload.FromString(plain)
        except (InvalidTag, ValueError):
            return payload


def sealed_under(payload: Payload) -> str | None:
    """The id of the key a payload is sealed under; None when it is not sealed."""
    if payload.metadata.get("encoding") != ENCODING:
        return None
    return payload.metadata.get(KEY_ID, b"").decode("ascii", "replace")


def sealing_converter(keys: PayloadKeys) -> DataConverter:
    """How every client, worker and replay of ours turns models into what Temporal stores."""
    return replace(
        pydantic_data_converter,
        payload_codec=SealedPayloads(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


async def open_history(history: WorkflowHistory, converter: DataConverter) -> None:
    """Open every payload of a history in its place, with what a converter's codec can open."""
    for event in history.events:
        await _open_within(event, converter.payload_codec)


async def _open_within(message: Message, codec: PayloadCodec | None) -> None:
    """By the shape of the message: whatever kind of event a later server adds, its payloads are found."""
    if codec is None:
        return
    if isinstance(message, Payload):
        message.CopyFrom((await codec.decode([message]))[0])
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        of_map = field.message_type.GetOptions().map_entry
        for one in list(value.values()) if of_map else value if field.is_repeated else [value]:
            if isinstance(one, Message):
                await _open_within(one, codec)
