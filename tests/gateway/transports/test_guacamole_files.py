"""Files to and from a machine with SSH, by way of a real guacd."""

import asyncio
import hashlib
import io
import os
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from beamdesk.gateway.reasons import EndReason
from beamdesk.gateway.roles import Action, Role
from beamdesk.gateway.tickets import InstanceId, Target
from support.guacamole_files import Files, client_of, opened
from support.guacamole_world import GuacamoleWorld, open_world
from support.guacd import Guacd
from support.sshd import Sshd

pytestmark = pytest.mark.guacd

NAMES = ["plain.txt", "with some spaces.dat", "Füße 日本語 𝄞🧪.bin", "percent%20 and #hash?.x", "-rf"]

HOSTILE = [
    "relative",
    "",
    "/../../etc/passwd",
    "/a/../b",
    "/a\\b",
    "/line\nbreak",
    "/nul\0",
    "/" + "x" * 300,
    "/" + "x/" * 600,
]


@pytest.fixture
async def lane(guacd: Guacd) -> AsyncIterator[GuacamoleWorld]:
    async with open_world(guacd) as opened:
        yield opened


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with Sshd(tmp_path_factory.mktemp("shared-sshd")) as started:
        yield started


@pytest.fixture
def shell(machine: Sshd) -> Target:
    return Target(
        host="127.0.0.1",
        port=machine.port,
        username=machine.user,
        protocol="ssh",
        parameters={"private-key": machine.private_key.replace("$", "$$"), "sftp-root-directory": "${HOME}"},
        tokens={"HOME": str(machine.home)},
    )


@pytest.fixture
async def files(lane: GuacamoleWorld, shell: Target) -> AsyncIterator[Files]:
    async with lane.viewer(shell) as viewer, client_of(lane) as client:
        yield await opened(client, viewer)


async def test_names_and_bytes_stay_as_they_are(files: Files, machine: Sshd):
    for name in NAMES:
        content = os.urandom(20_000)
        assert await files.call("PUT", "files", f"/{name}", content) == (
            201,
            {"path": f"/{name}", "bytes": len(content)},
        )
        assert (machine.home / name).read_bytes() == content
        assert await files.fetch(f"/{name}") == content
    status, listing = await files.call("GET", "files", "/")
    assert status == 200
    for name in NAMES:
        assert {"name": name, "path": f"/{name}", "is_folder": False} in listing["items"]


async def test_sizes(files: Files, machine: Sshd):
    for size in (0, 1, 6047, 6048, 6049, 5_000_000):
        content = os.urandom(size)
        status, answer = await files.call("PUT", "files", "/sized", io.BytesIO(content))
        assert (status, answer["bytes"]) == (201, size)
        fetched = await files.fetch("/sized")
        assert hashlib.sha256(fetched).digest() == hashlib.sha256(content).digest(), size


async def test_folders(files: Files, machine: Sshd):
    (machine.home / "inner folder").mkdir(exist_ok=True)
    (machine.home / "inner folder" / "leaf").write_text("x")
    status, listing = await files.call("GET", "files", "/inner folder")
    assert (status, listing["items"]) == (
        200,
        [{"name": "leaf", "path": "/inner folder/leaf", "is_folder": False}],
    )


async def test_hostile_names_do_not_reach_the_machine(files: Files):
    for path in HOSTILE:
        for method in ("GET", "PUT"):
            status, problem = await files.call(method, "files", path, b"x" if method == "PUT" else None)
            assert (status, problem["code"]) == (400, "file-bad-name"), path


async def test_several_at_once(files: Files, machine: Sshd):
    contents = {f"/many-{number}": os.urandom(100_000) for number in range(12)}
    async with asyncio.TaskGroup() as group:
        for path, content in contents.items():
            group.create_task(files.call("PUT", "files", path, content))
    async with asyncio.TaskGroup() as group:
        fetched = {path: group.create_task(files.fetch(path)) for path in contents}
    assert {path: task.result() for path, task in fetched.items()} == contents


async def test_a_download_link_works_once(files: Files, machine: Sshd):
    (machine.home / "once").write_text("once")
    _, link = await files.call("POST", "downloads", "/once")
    for status in (200, 401):
        async with files.client.get(link["url"]) as answer:
            assert answer.status == status


async def test_who_may_what(lane: GuacamoleWorld, shell: Target):
    async with lane.viewer(shell) as owner, client_of(lane) as client:
        await opened(client, owner)
        async with lane.viewer(shell, role=Role.GUEST) as guest:
            await guest.until_picture()
            theirs = Files(client, guest)
            assert (await theirs.call("GET", "filesystems"))[1] == {"items": []}
            for method, what in (("GET", "files"), ("PUT", "files"), ("POST", "downloads")):
                assert (await theirs.call(method, what, "/"))[0] == 403
        assert (await theirs.call("GET", "filesystems"))[0] == 401, "a tunnel that is closed"
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {owner.tunnel}"}):
            async with client.get("/stream/guacamole/files?path=/", headers=headers) as answer:
                assert answer.status == 401


async def test_what_the_plan_withholds(lane: GuacamoleWorld, shell: Target, machine: Sshd):
    (machine.home / "secret").write_text("secret")
    withheld = frozenset({Action.FILES_FROM_DESKTOP})
    async with lane.viewer(shell, withheld=withheld) as viewer, client_of(lane) as client:
        files = await opened(client, viewer)
        assert (await files.call("PUT", "files", "/in", b"in"))[0] == 201
        assert (await files.call("POST", "downloads", "/secret"))[0] == 403


async def test_a_desktop_that_ends_breaks_the_download_off(
    lane: GuacamoleWorld, shell: Target, machine: Sshd
):
    (machine.home / "endless").write_bytes(bytes(50_000_000))
    async with lane.viewer(shell) as viewer, client_of(lane) as client:
        files = await opened(client, viewer)
        _, link = await files.call("POST", "downloads", "/endless")
        async with client.get(link["url"]) as answer:
            assert await answer.content.read(10)
            lane.sessions.end_instance(InstanceId("instance-1"), EndReason.DESKTOP_STOPPED)
            with pytest.raises(aiohttp.ClientPayloadError):
                await answer.content.read()


async def test_a_broken_off_upload_does_not_hold_up_the_next(files: Files, machine: Sshd):
    async def half() -> AsyncIterator[bytes]:
        yield bytes(10_000)
        raise ConnectionResetError

    for number in range(5):  # the answers to the first one may come during the second
        with pytest.raises((aiohttp.ClientError, ConnectionResetError)):
            await files.call("PUT", "files", "/half", half())
        content = f"whole {number}".encode()
        assert (await files.call("PUT", "files", "/whole", content))[0] == 201
        assert (machine.home / "whole").read_bytes() == content
