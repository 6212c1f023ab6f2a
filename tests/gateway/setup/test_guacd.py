"""guacd from Debian's packages: what a newcomer's machine goes through, and what may go wrong there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from beamdesk.gateway.setup import guacd as setup
from beamdesk.gateway.tickets import Target
from support.guacd import Guacd
from support.guacd_world import SMALL, Listener, running_keepers, ticket_for, until
from support.xrdp import Xrdp

SCRIPT = Path(setup.__file__)
# Isolated and without site packages: the standard library alone.
COMMAND = [sys.executable, "-I", "-S", SCRIPT]
SYSTEM_LISTS = Path("/var/lib/apt/lists")


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def lists_of_the_suite() -> set[str]:
    return {path.name for path in SYSTEM_LISTS.iterdir() if setup.SUITE in path.name}


def visible(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


@pytest.mark.slow
@pytest.mark.guacd
def test_two_that_ask_at_once_get_one_guacd(tmp_path: Path) -> None:
    """After an attempt that failed half-way, and without a trace in the system's package lists."""
    system = lists_of_the_suite()
    folder = tmp_path / "a folder" / "guacd"
    failed = run("--into", folder, "--suite", "no-such-suite")
    assert failed.returncode == 1
    assert visible(folder) == set()

    both = [
        subprocess.Popen(
            [*COMMAND, "--into", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said == [f"{folder}/bin/guacd\n"] * 2
    assert visible(folder) == {"bin", "plain"}
    version = subprocess.run([folder / "bin" / "guacd", "-v"], capture_output=True, text=True, check=True)
    assert "version 1.3.0" in version.stdout + version.stderr
    assert lists_of_the_suite() == system

    # From now on nothing is asked of anybody.
    again = run("--into", folder, "--mirror", "http://127.0.0.1:9/debian", PATH="/nowhere")
    assert (again.returncode, again.stderr) == (0, "")


def test_a_mirror_that_does_not_answer(tmp_path: Path, unused_tcp_port: int) -> None:
    mirror = f"http://127.0.0.1:{unused_tcp_port}/debian"
    done = run("--into", tmp_path, "--mirror", mirror)
    assert done.returncode == 1
    assert f"guacd is missing: bullseye could not be read from the Debian mirror {mirror}." in done.stderr
    assert "Traceback" not in done.stderr
    assert visible(tmp_path) == set()


def test_a_machine_that_is_not_debian(tmp_path: Path) -> None:
    done = run("--into", tmp_path, PATH="/nowhere")
    assert done.returncode == 1
    assert "this machine has no apt-get and no dpkg" in done.stderr
    assert "Install guacd by your system's own means." in done.stderr


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("--into", tmp_path / "file" / "guacd")
    assert done.returncode == 1
    assert done.stderr == f"guacd is missing: Not a directory ({tmp_path}/file/guacd).\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sources.list", "deb http://mirror.example/debian bookworm main\n"),
        (
            "sources.list",
            "# deb http://old.example/debian x main\n\ndeb [arch=amd64] https://m.example/debian/ b main",
        ),
        ("sources.list.d/debian.sources", "Types: deb\nURIs: https://m.example/debian/\nSuites: bookworm\n"),
        (
            "sources.list.d/debian.list",
            "deb mirror+file:/etc/apt/mirrors/debian b main\ndeb http://m.example/debian b main",
        ),
    ],
)
def test_the_mirror_is_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setattr(setup, "SOURCES", tmp_path)
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "a.list").write_text("deb https://packages.example/cloud cloud main\n")
    (tmp_path / "sources.list.d" / "a.list.bak").write_text("deb https://wrong.example/debian cloud main\n")
    with pytest.raises(setup.SetupFailed, match="Name one with --mirror"):
        setup._mirror_of_this_system()
    (tmp_path / name).write_text(text)
    assert setup._mirror_of_this_system() in text.replace("# deb http://old.example/debian", "").split()


def test_the_default_folder_is_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert setup.default_folder() == tmp_path / "beamdesk" / "guacd"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert setup.default_folder() == tmp_path / ".cache" / "beamdesk" / "guacd"


@pytest.mark.parametrize("inherited", [None, "/opt/a:/opt/b"])
def test_the_launcher_puts_its_own_libraries_first(tmp_path: Path, inherited: str | None) -> None:
    """Of the fullest tree; also through a link, and never the working directory (an empty entry)."""
    folder = tmp_path / "with spaces"
    for tree in ("plain", "rdp"):
        for part in ("usr/sbin", "usr/lib/x86_64-linux-gnu/pulseaudio", "lib/x86_64-linux-gnu"):
            (folder / tree / part).mkdir(parents=True)
        program = folder / tree / "usr/sbin/guacd"
        program.write_text('#!/bin/sh\necho "$LD_LIBRARY_PATH"\necho "$@"\n')
        program.chmod(0o755)
    setup._write_launcher(folder / "bin" / "guacd")
    (tmp_path / "link").symlink_to(folder / "bin" / "guacd")
    environment = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    if inherited:
        environment["LD_LIBRARY_PATH"] = inherited
    said = subprocess.run(
        [tmp_path / "link", "-l", "1 2"], env=environment, capture_output=True, text=True, check=True
    )
    libraries, arguments = said.stdout.splitlines()
    rdp = folder / "rdp"
    assert libraries.split(":") == [
        f"{rdp}/usr/lib/x86_64-linux-gnu",
        f"{rdp}/usr/lib/x86_64-linux-gnu/pulseaudio",
        f"{rdp}/lib/x86_64-linux-gnu",
        *(inherited.split(":") if inherited else []),
    ]
    assert arguments == "-l 1 2"


def freerdp_in(tree: Path, content: bytes, triplet: str = "x86_64-linux-gnu") -> Path:
    """A FreeRDP of which nothing but its strings is real."""
    library = tree / "usr/lib" / triplet / "libfreerdp2.so.2.3.0"
    library.parent.mkdir(parents=True)
    library.write_bytes(content)
    library.with_name("libfreerdp2.so.2").symlink_to(library.name)
    return library


def guacd_in(folder: Path) -> None:
    (folder / "rdp").mkdir(parents=True, exist_ok=True)
    setup._write_launcher(folder / "bin" / "guacd")


@pytest.mark.parametrize("triplet", ["x86_64-linux-gnu", "aarch64-linux-gnu", "arm-linux-gnueabihf"])
@pytest.mark.parametrize("rdp", [True, False])
def test_a_folder_of_before_learns_where_its_plugins_are(tmp_path: Path, triplet: str, rdp: bool) -> None:
    """Whatever is asked for, as the launcher prefers the tree with RDP; without a network, and once."""
    path = f"lib/{triplet}/freerdp2".encode()
    library = freerdp_in(tmp_path / "rdp", b"\x7fELF\0/usr\0" + path + b"\0lib%s%s\0", triplet)
    guacd_in(tmp_path)
    asked = ["--into", tmp_path, *(["--rdp"] if rdp else [])]
    with library.open("rb") as used_by_a_running_guacd:
        assert run(*asked, PATH="/nowhere").returncode == 0
        assert path in used_by_a_running_guacd.read()
    ours = b"../$ORIGIN/freerdp2".ljust(len(path), b"\0")
    assert library.read_bytes() == b"\x7fELF\0/usr\0" + ours + b"\0lib%s%s\0"
    assert library.stat().st_mode & 0o777 == 0o666 & ~umask()
    before = library.stat()
    assert run(*asked, PATH="/nowhere").returncode == 0
    assert library.stat() == before
    assert sorted(path.name for path in library.parent.iterdir()) == ["libfreerdp2.so.2", library.name]


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize(
    "content",
    [
        b"\0lib/freerdp2\0",
        b"\0/usr/lib/x86_64-linux-gnu/freerdp2\0",
        b"\0lib/x86_64-linux-gnu/freerdp2/more\0",
        b"\0lib/x86_64-linux-gnu/freerdp2\0" * 2,
    ],
)
def test_a_freerdp_that_is_built_otherwise_is_not_touched(tmp_path: Path, content: bytes) -> None:
    library = freerdp_in(tmp_path / "rdp", content)
    guacd_in(tmp_path)
    done = run("--into", tmp_path, "--rdp")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"guacd is missing: {library} does not name its plug-ins' folder as expected: no sound, no drives.\n"
    )
    assert library.read_bytes() == content


def test_a_tree_without_freerdp(tmp_path: Path) -> None:
    guacd_in(tmp_path)
    done = run("--into", tmp_path, "--rdp")
    assert done.returncode == 1
    assert done.stderr == f"guacd is missing: {tmp_path}/rdp should hold one libfreerdp2.so.2 and holds 0.\n"


@pytest.mark.desktop
@pytest.mark.guacd
async def test_drives_and_sound_have_their_channels(guacd_with_rdp: Guacd, tmp_path: Path) -> None:
    """Both are a plug-in of FreeRDP's, which guacd goes on without if it is not found."""
    before = guacd_with_rdp.log.stat().st_size

    def said() -> str:
        return guacd_with_rdp.log.read_bytes()[before:].decode(errors="replace")

    with Xrdp(tmp_path) as machine:
        target = Target(
            host="127.0.0.1",
            port=machine.port,
            protocol="rdp",
            parameters={
                "security": "tls",
                "ignore-cert": "true",
                "enable-drive": "true",
                "drive-path": str(tmp_path / "drive"),
                "create-drive-path": "true",
            },
        )
        async with (
            running_keepers(guacd_with_rdp) as keepers,
            keepers.held(ticket_for(target), Listener(), SMALL),
        ):
            await until(
                lambda: all(f'SVC "{channel}" connected' in said() for channel in ("rdpdr", "rdpsnd"))
            )
            assert "could not be loaded" not in said()
            assert "will not work" not in said()
            assert (tmp_path / "drive").is_dir()
