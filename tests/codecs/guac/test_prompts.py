import base64

import pytest

from beamdesk.codecs.guac.errors import LocalProtocolError
from beamdesk.codecs.guac.instruction import Instruction
from beamdesk.codecs.guac.prompts import BLOB_BYTES, answer, blobs
from support.guac_readings import decode


def test_one_stream_per_parameter() -> None:
    assert decode([answer({"username": "marie", "password": "ü𐬀"}, first_stream=4)]).instructions == (
        Instruction("argv", ("4", "text/plain", "username")),
        Instruction("blob", ("4", "bWFyaWU=")),
        Instruction("end", ("4",)),
        Instruction("argv", ("5", "text/plain", "password")),
        Instruction("blob", ("5", base64.b64encode("ü𐬀".encode()).decode())),
        Instruction("end", ("5",)),
    )


def test_an_empty_value_is_a_stream_without_blobs() -> None:
    assert decode([answer({"password": ""})]).instructions == (
        Instruction("argv", ("0", "text/plain", "password")),
        Instruction("end", ("0",)),
    )


@pytest.mark.parametrize("size", [0, 1, BLOB_BYTES, BLOB_BYTES + 1, 3 * BLOB_BYTES])
def test_blobs_hold_the_content(size) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    read = decode([blobs(3, content[:size])]).instructions
    assert b"".join(base64.b64decode(each.arguments[1]) for each in read) == content[:size]
    assert len(read) == -(-size // BLOB_BYTES)


def test_more_streams_than_guacd_has() -> None:
    with pytest.raises(LocalProtocolError):
        answer({"a": "1", "b": "2"}, first_stream=63)
