"""The framing kernel: how a relay finds the instructions in a chunk without building any of them."""

from beamdesk.codecs.guac.framed import Framed

class InstructionFramer:
    """Frames one stream of instructions, chunk by chunk.

    Each byte is looked at once, however the chunks are cut: inside a length, an element, or a UTF-8
    sequence. The caller keeps the bytes behind `Framed.end` and puts the next chunk after them; the
    framer keeps only its place. Lengths count Unicode code points; every element is checked to be
    well-formed UTF-8 without NUL, at the speed of memory where it is ASCII.

    One stream, one framer, one thread at a time: the interpreter lock is released during the scan of
    a large chunk.
    """

    def __init__(self) -> None: ...
    @property
    def pending(self) -> int:
        """Bytes of the instruction that has not ended yet; at most `MAXIMUM_INSTRUCTION_BYTES`."""

    def feed(self, chunk: bytes | bytearray | memoryview) -> Framed:
        """Frame the stream's next bytes; *chunk* is any C-contiguous buffer and is not kept.

        Raises `MalformedStream` where the bytes are no instructions, with what was whole before;
        `LocalProtocolError` when fed again after that.
        """
