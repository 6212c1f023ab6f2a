"""What one instruction may hold at most. Checked as the bytes come, before anything is kept."""

__all__ = [
    "MAXIMUM_ELEMENTS",
    "MAXIMUM_ELEMENT_CHARACTERS",
    "MAXIMUM_INSTRUCTION_BYTES",
    "MAXIMUM_LENGTH_DIGITS",
]

MAXIMUM_ELEMENT_CHARACTERS = 8192
"""libguac's `GUAC_INSTRUCTION_MAX_LENGTH`. guacd's own blobs are 8081 characters at most."""

MAXIMUM_INSTRUCTION_BYTES = 32768
"""The buffer of libguac's parser: 8192 characters of four bytes. guacd ends a connection that sends more."""

MAXIMUM_LENGTH_DIGITS = 5
"""libguac's `GUAC_INSTRUCTION_MAX_DIGITS`. It bounds leading zeros, which are otherwise allowed;
libguac itself does not check it, and its sum overflows from ten digits on."""

MAXIMUM_ELEMENTS = 128
"""libguac's `GUAC_INSTRUCTION_MAX_ELEMENTS`, the opcode included. RDP's `args` has 91 of them."""
