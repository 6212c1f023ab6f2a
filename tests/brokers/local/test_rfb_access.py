"""What the two passwords of a desktop open: the desktop itself refuses a guest's input."""

import asyncio
import struct

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB

from support.broker_conformance import create, eventually
from support.local_ground import LocalGround

pytestmark = pytest.mark.desktop


async def _signed_in(path: str, password: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, int]:
    """RFC 6143, sections 7.1 to 7.3.1, with VNC authentication; the result is 0 where it is accepted."""
    reader, writer = await asyncio.open_unix_connection(path)
    assert await reader.readexactly(12) == b"RFB 003.008\n"
    writer.write(b"RFB 003.008\n")
    types = await reader.readexactly((await reader.readexactly(1))[0])
    assert types == b"\x02"
    writer.write(b"\x02")
    challenge = await reader.readexactly(16)
    key = bytes(int(f"{byte:08b}"[::-1], 2) for byte in password.encode().ljust(8, b"\0"))
    encryptor = Cipher(TripleDES(key * 3), ECB()).encryptor()
    writer.write(encryptor.update(challenge))
    (result,) = struct.unpack(">I", await reader.readexactly(4))
    if result == 0:
        writer.write(b"\x01")
        header = await reader.readexactly(24)
        await reader.readexactly(struct.unpack_from(">I", header, 20)[0])
    return reader, writer, result


async def _pointer(ground: LocalGround) -> str:
    return (await ground.ask("one", "xdotool", "getmouselocation")).split(" screen")[0]


async def test_only_the_full_password_moves_the_pointer(ground: LocalGround) -> None:
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    [endpoint] = await broker.endpoints(ref)
    assert endpoint.unix_path
    assert endpoint.password
    assert endpoint.view_only_password

    guest_reader, guest, accepted = await _signed_in(endpoint.unix_path, endpoint.view_only_password)
    assert accepted == 0
    _, owner, accepted = await _signed_in(endpoint.unix_path, endpoint.password)
    assert accepted == 0
    guest.write(struct.pack(">BBHH", 5, 0, 111, 99))
    # An update is answered after the pointer event before it was judged.
    guest.write(struct.pack(">BBHHHH", 3, 0, 0, 0, 1, 1))
    assert await guest_reader.readexactly(1) == b"\0"
    assert await _pointer(ground) != "x:111 y:99"

    owner.write(struct.pack(">BBHH", 5, 0, 222, 88))

    async def is_moved() -> bool:
        return await _pointer(ground) == "x:222 y:88"

    await eventually(is_moved)
    for writer in (guest, owner):
        writer.close()
        await writer.wait_closed()


async def test_many_wrong_passwords_do_not_shut_the_right_one_out(ground: LocalGround) -> None:
    """All connections come from the gateway: a list of bad addresses would hold everybody responsible."""
    broker = ground.broker()
    ref = (await create(broker, "one"))[-1].ref
    [endpoint] = await broker.endpoints(ref)
    assert endpoint.unix_path
    assert endpoint.password
    for password in ["wrong"] * 8 + [endpoint.password]:
        _, writer, accepted = await _signed_in(endpoint.unix_path, password)
        assert (accepted == 0) == (password == endpoint.password)
        writer.close()
        await writer.wait_closed()
