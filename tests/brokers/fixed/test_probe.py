"""Asking real servers, and peers that are something else, whether they can be used."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from beamdesk.brokers.fixed.probe import ask
from beamdesk.brokers.protocol import Endpoint
from support.guacd_world import password_file
from support.ports import free_port
from support.sshd import Sshd
from support.xrdp import Xrdp
from support.xtigervnc import Xtigervnc

SECONDS = 5
PROTOCOLS = ("rfb", "ssh", "rdp")
GREETING = b"RFB 003.008\n"


def endpoint(protocol: str, port: int, password: str | None = None) -> Endpoint:
    return Endpoint(protocol, protocol, host="127.0.0.1", port=port, password=password)


@asynccontextmanager
async def peer(*says: bytes | int, hangs_up: bool = True) -> AsyncIterator[int]:
    """The port of a peer that says bytes, and reads as many as each number tells."""

    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        try:
            for part in says:
                if isinstance(part, int):
                    await reader.readexactly(part)
                else:
                    writer.write(part)
            if not hangs_up:
                await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
    await asyncio.gather(*serving)


@pytest.mark.desktop
async def test_a_vnc_server_is_asked_for_ever_without_shutting_us_out(tmp_path: Path) -> None:
    options = "-SecurityTypes", "VncAuth", "-PasswordFile", str(password_file(tmp_path, "secret12"))
    with Xtigervnc(tmp_path, *options, port=free_port()) as desktop:
        for _ in range(12):  # it counts to five
            assert await ask(endpoint("rfb", desktop.port, "secret12"), SECONDS) is None
        silent = await ask(endpoint("rfb", desktop.port, "secret13"), SECONDS)
        assert silent is not None
        assert "refuses the password" in silent.detail
        assert "secret13" not in silent.detail


@pytest.mark.desktop
async def test_a_vnc_server_without_a_password_answers(tmp_path: Path) -> None:
    with Xtigervnc(tmp_path, "-SecurityTypes", "None", port=free_port()) as desktop:
        for password in (None, "secret12"):
            assert await ask(endpoint("rfb", desktop.port, password), SECONDS) is None


async def test_an_ssh_server_answers_until_it_is_switched_off(tmp_path: Path) -> None:
    with Sshd(tmp_path) as sshd:
        assert await ask(endpoint("ssh", sshd.port), SECONDS) is None
        assert await ask(endpoint("telnet", sshd.port), SECONDS) is None
        for other in ("rfb", "rdp"):
            assert await ask(endpoint(other, sshd.port), SECONDS) is not None
        sshd.stop()
        for protocol in (*PROTOCOLS, "telnet"):
            silent = await ask(endpoint(protocol, sshd.port), SECONDS)
            assert silent is not None
            assert f"port {sshd.port}" in silent.detail


@pytest.mark.desktop
async def test_an_rdp_server_answers_and_a_vnc_server_is_none(tmp_path: Path) -> None:
    with Xrdp(tmp_path) as xrdp:
        assert await ask(endpoint("rdp", xrdp.port), SECONDS) is None
        assert await ask(endpoint("ssh", xrdp.port), 0.3) is not None
        assert await ask(endpoint("rdp", xrdp.desktop.port), 0.3) is not None


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "said", [b"", b"\0", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"x" * 200_000, b"\xff" * 64, b"\n" * 100]
)
async def test_something_else_is_no_answer(protocol: str, said: bytes) -> None:
    async with peer(said) as port:
        assert await ask(endpoint(protocol, port), SECONDS) is not None


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_who_says_nothing_is_not_waited_for(protocol: str) -> None:
    async with peer(hangs_up=False) as port:
        silent = await ask(endpoint(protocol, port), 0.1)
        assert silent is not None
        assert "no answer within 0.1 s" in silent.detail


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        ([b"Welcome to the lab\r\nSSH-2.0-other\r\n"], True),
        ([b"SSH-1.99-old\r\n"], True),
        ([b"SSH-1.5-older\r\n"], False),
        ([b"SSH-2.0"], False),
    ],
)
async def test_versions_of_ssh(said: list[bytes], answers: bool) -> None:
    async with peer(*said) as port:
        assert (await ask(endpoint("ssh", port), SECONDS) is None) is answers


@pytest.mark.parametrize(
    ("confirm", "answers"),
    [
        (bytes.fromhex("030000130ed000001234000201080001000000"), True),
        (bytes.fromhex("0300000b06d00000123400"), True),
        (bytes.fromhex("030000130ed000001234000301080005000000"), True),  # refuses our security, and lives
        (bytes.fromhex("0300000b06f00000123400"), False),
        (bytes.fromhex("0300000a06d000001234"), False),
        (bytes.fromhex("0300ffff06d00000123400"), False),
        (bytes.fromhex("0200000b06d00000123400"), False),
    ],
)
async def test_what_confirms_a_connection_by_rdp(confirm: bytes, answers: bool) -> None:
    async with peer(19, confirm) as port:
        assert (await ask(endpoint("rdp", port), SECONDS) is None) is answers


@pytest.mark.parametrize(
    ("says", "fault"),
    [
        ([b"RFB 003.003\n", 12, b"\0\0\0\1"], None),
        ([b"RFB 003.003\n", 12, b"\0\0\0\2" + bytes(16), 16, bytes(4)], None),
        ([b"RFB 003.003\n", 12, b"\0\0\0\2" + bytes(16), 16, b"\0\0\0\1"], "refuses the password"),
        ([b"RFB 003.003\n", 12, b"\0\0\0\0\0\0\0\4full"], "refuses: 'full'"),
        ([b"RFB 003.007\n", 12, b"\1\1", 1], None),
        ([b"RFB 003.889\n", 12, b"\1\1", 1, bytes(4)], None),
        ([GREETING, 12, b"\2\1\2", 1, bytes(16), 16, bytes(4)], None),
        ([GREETING, 12, b"\1\x13"], None),  # VeNCrypt: taken on trust
        ([GREETING, 12, b"\1\2", 1, bytes(16), 16], "hung up"),
        ([GREETING, 12, b"\0\0\0\0\4full"], "refuses: 'full'"),
        ([GREETING, 12, b"\0\xff\xff\xff\xfffull"], "hung up"),
    ],
)
async def test_versions_of_rfb(says: list[bytes | int], fault: str | None) -> None:
    async with peer(*says) as port:
        silent = await ask(endpoint("rfb", port, "secret12"), SECONDS)
        assert (silent and silent.detail.partition(": ")[2]) == fault
