"""Asks a VNC server whether its desktop can be opened, without opening it (RFC 6143, section 7.1).

TigerVNC counts every connection that does not sign in, also those that only read its greeting, and shuts
the gateway's address out after five. So the handshake is made as far as the server's verdict on the
password; no desktop is shared and nobody is disconnected before ClientInit.
"""

import struct
from asyncio import StreamReader, StreamWriter

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB

__all__ = ["response", "shake_hands"]

_NONE, _VNC_AUTHENTICATION = 1, 2
_LONGEST_REASON = 1024
_CHALLENGE = 16


async def shake_hands(reader: StreamReader, writer: StreamWriter, password: str | None) -> str | None:
    """What is wrong, or None. Security types that need more than a password are taken on trust."""
    greeting = await reader.readexactly(12)
    if not (greeting.startswith(b"RFB ") and greeting.endswith(b"\n")):
        return "does not speak RFB"
    version = _version(greeting)
    writer.write(b"RFB 003.%03d\n" % version)
    chosen = await (_choose(reader, writer, password) if version > 3 else _dictated(reader))
    match chosen:
        case str():
            return chosen
        case 2 if password is not None:
            writer.write(response(password, await reader.readexactly(_CHALLENGE)))
        case 1 if version == 8:  # only then a result follows on None (section 7.1.3)
            pass
        case _:
            return None
    return None if await _number(reader) == 0 else "refuses the password"


def response(password: str, challenge: bytes) -> bytes:
    """To a challenge of VNC Authentication (section 7.2.2): DES, the key's bytes bit-reversed."""
    key = bytes(
        int(f"{byte:08b}"[::-1], 2) for byte in password.encode("latin-1", "replace")[:8].ljust(8, b"\0")
    )
    # Three times the same key is single DES.
    encryptor = Cipher(TripleDES(key * 3), ECB()).encryptor()  # noqa: S305 - what RFB demands
    return encryptor.update(challenge) + encryptor.finalize()


def _version(greeting: bytes) -> int:
    """The minor version to go on with: 3, 7 or 8.

    Lower ones are 3.3 (section 7.1.1); RealVNC's 4 and 5 and Apple's 3.889 speak 3.8.
    """
    return {b"003.008": 8, b"003.007": 7}.get(greeting[4:11], 8 if greeting[4:11] > b"003.008" else 3)


async def _choose(reader: StreamReader, writer: StreamWriter, password: str | None) -> int | str | None:
    """The security type agreed on, None where none of ours is offered, or why the server refuses."""
    count = (await reader.readexactly(1))[0]
    if count == 0:
        return await _refusal(reader)
    offered = await reader.readexactly(count)
    wanted = (_VNC_AUTHENTICATION, _NONE) if password is not None else (_NONE,)
    chosen = next((kind for kind in wanted if kind in offered), None)
    if chosen is not None:
        writer.write(bytes([chosen]))
    return chosen


async def _dictated(reader: StreamReader) -> int | str:
    """Version 3.3: the server decides (section 7.1.2)."""
    return await _number(reader) or await _refusal(reader)


async def _refusal(reader: StreamReader) -> str:
    length = min(await _number(reader), _LONGEST_REASON)
    return f"refuses: {(await reader.readexactly(length)).decode('utf-8', 'replace')!r}"


async def _number(reader: StreamReader) -> int:
    (number,) = struct.unpack(">I", await reader.readexactly(4))
    return int(number)
