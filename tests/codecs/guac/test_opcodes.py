"""The tables agree with each other and with what servers send."""

from beamdesk.codecs.guac.arguments import ARGUMENTS
from beamdesk.codecs.guac.framed import NOTICED
from beamdesk.codecs.guac.opcodes import TO_SERVER, TO_VIEWER
from beamdesk.codecs.guac.status import Status
from support.guac_readings import decode


def test_every_argument_of_a_viewer_has_its_check() -> None:
    assert set(ARGUMENTS) == set(TO_SERVER)
    for name, opcode in TO_SERVER.items():
        assert len(ARGUMENTS[name]) == opcode.most
        assert opcode.kind is not None


def test_noticed_instructions_exist() -> None:
    assert set(NOTICED) <= set(TO_VIEWER)


def test_captures_hold_only_known_instructions(capture) -> None:
    for instruction in decode([capture]).instructions:
        opcode = TO_VIEWER[instruction.opcode]
        assert opcode.fewest <= len(instruction.arguments)
        assert opcode.most is None or len(instruction.arguments) <= opcode.most, instruction.opcode


def test_every_status_has_a_close_code_and_a_reason_in_digits() -> None:
    assert {status.websocket_close for status in Status} == {1000, 1002, 1003, 1008, 1009, 1011}
    assert Status.UPSTREAM_NOT_FOUND.websocket_close == 1011
    assert Status.UPSTREAM_NOT_FOUND.close_reason == "519"
    assert Status.parse("516") is Status.RESOURCE_NOT_FOUND
    assert Status.parse("9999") is Status.parse("x") is Status.SERVER_ERROR
