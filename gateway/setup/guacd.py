"""Bring guacd from Debian's packages into a folder of our own: `guacd.py [--into DIR] [--rdp]`.

Debian 12 has no package of guacd; Debian 11 has 1.3.0. apt fetches it with a configuration of its own
(sources, lists, cache and an empty package status), so the system's sources, package database and /usr
stay as they are, no right of the administrator is needed, and apt checks every signature as usual.

The folder holds one tree per set of protocols (`plain`: VNC, SSH, telnet; `rdp`: those and RDP) and
`bin/guacd`, which starts the fullest tree with the libraries that came with it. A tree appears whole or
not at all; several processes may ask for it at once, and a broken-off download goes on where it ended.
FreeRDP, which comes with RDP, is told where its plug-ins are now: see `OUR_PLUGINS`.
"""

import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["SetupFailed", "default_folder", "main", "provide"]

SUITE = "bullseye"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SOURCES = Path("/etc/apt")

PLAIN = ("guacd", "libguac-client-vnc0", "libguac-client-ssh0", "libguac-client-telnet0")
RDP = (*PLAIN, "libguac-client-rdp0")

# guacd's plug-ins link to these directly. The system's newer ones have the same names and other
# contents: they always come from the suite, so that every machine runs the same ones.
FROM_THE_SUITE = frozenset(
    {
        "libfreerdp-client2-2",
        "libfreerdp2-2",
        "libossp-uuid16",
        "libssh2-1",
        "libtelnet2",
        "libvncclient1",
        "libwinpr2-2",
    }
)
# The C library must be the running system's. Ghostscript only serves printing over RDP, and
# drivers of graphics cards are for programs that guacd never starts.
NEVER = re.compile(r"lib(c6|c-bin|gcc-s1|crypt1|gs9.*|pam.*|llvm.*|gl1-mesa-dri)")
LIBRARY = re.compile(r"lib.*|ocl-icd-libopencl1")

# FreeRDP loads guacd's channels for sound and drives from a path that was fixed when it was built, and no
# setting changes: "/usr", a slash, and `BUILT_IN_PLUGINS`. In place of the latter we write `OUR_PLUGINS`,
# which fits in. There glibc fills in the folder of the library that loads, which lies beside FreeRDP
# (dlopen(3), ld.so(8) "Dynamic string tokens"): so the path leads from /usr to wherever the tree is.
FREERDP = "usr/lib/*-linux-gnu*/libfreerdp2.so.2"
BUILT_IN_PLUGINS = "lib/{triplet}/freerdp2"
OUR_PLUGINS = b"../$ORIGIN/freerdp2"


class SetupFailed(Exception):  # noqa: N818 - a state of affairs, said to a person
    """guacd could not be had; the message is a sentence for the person at the terminal."""


@dataclass(frozen=True)
class Archive:
    """Where the packages come from: a Debian mirror and one of its suites."""

    mirror: str
    suite: str = SUITE


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 and the launcher's path on standard output when guacd can be used, else 1."""
    parser = argparse.ArgumentParser(description="Bring guacd from Debian's packages into a folder.")
    parser.add_argument("--into", type=Path, metavar="DIR", help=f"default: {default_folder()}")
    parser.add_argument("--rdp", action="store_true", help="with RDP (about 60 MB more to fetch)")
    parser.add_argument("--mirror", help="Debian mirror; default: the one this system uses")
    parser.add_argument("--suite", default=SUITE, help=f"default: {SUITE}")
    asked = parser.parse_args(arguments)
    try:
        launcher = provide(asked.into, rdp=asked.rdp, mirror=asked.mirror, suite=asked.suite)
    except SetupFailed as failure:
        print(f"guacd is missing: {failure}", file=sys.stderr)
        return 1
    print(launcher)
    return 0


def default_folder() -> Path:
    """The user's cache, which all checkouts and virtual environments of one person share."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "beamdesk", "guacd")


def provide(
    into: Path | None = None, *, rdp: bool = False, mirror: str | None = None, suite: str = SUITE
) -> Path:
    """The launcher of a guacd in *into*, fetched first where it is missing. Raises `SetupFailed`.

    Blocks for some seconds when it has to fetch, or when another process is fetching.
    """
    folder = (into or default_folder()).absolute()
    launcher = folder / "bin" / "guacd"
    if _has(folder, rdp=rdp):
        return launcher
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _only_one(folder):
            if (folder / "rdp").is_dir():
                _lead_to_plugins(folder / "rdp")
            if not _has(folder, rdp=rdp):
                _require_tools()
                archive = Archive(mirror or _mirror_of_this_system(), suite)
                _fetch(folder, archive, rdp=rdp)
    except OSError as failure:
        raise SetupFailed(f"{failure.strerror} ({failure.filename or folder}).") from failure
    return launcher


def _has(folder: Path, *, rdp: bool) -> bool:
    if not (folder / "bin" / "guacd").is_file():
        return False
    if (folder / "rdp").is_dir():
        return _finds_plugins(_freerdp(folder / "rdp"))
    return not rdp and (folder / "plain").is_dir()


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _require_tools() -> None:
    missing = [name for name in ("apt-get", "dpkg", "dpkg-query", "ldd") if not shutil.which(name)]
    if missing:
        raise SetupFailed(
            f"it is fetched with Debian's tools, and this machine has no {' and no '.join(missing)}. "
            "Install guacd by your system's own means."
        )
    if not KEYRING.is_file():
        raise SetupFailed(f"{KEYRING} is not there. Install the package debian-archive-keyring.")


def _mirror_of_this_system() -> str:
    """The first address in apt's sources that ends in `/debian`, in either format of theirs."""
    files = [SOURCES / "sources.list", *sorted((SOURCES / "sources.list.d").glob("*"))]
    for path in files:
        if path.suffix not in {".list", ".sources"} or not path.is_file():
            continue
        for line in path.read_text(errors="replace").splitlines():
            if line.lstrip().startswith(("deb ", "URIs:")):
                for word in line.split():
                    if re.fullmatch(r"[a-z+]+:\S+/debian/?", word):
                        return word
    raise SetupFailed("apt's sources name no Debian mirror. Name one with --mirror.")


def _fetch(folder: Path, archive: Archive, *, rdp: bool) -> None:
    tree, work = folder / ("rdp" if rdp else "plain"), folder / ".apt"
    print(f"Fetching guacd{' with RDP' if rdp else ''} from Debian …", file=sys.stderr, flush=True)
    apt = _private_apt(work, archive)
    packages = _packages_to_fetch(apt, RDP if rdp else PLAIN)
    archives = work / "packages"
    archives.mkdir(exist_ok=True)
    _run([*apt, "download", *packages], "the packages could not be fetched", cwd=archives)

    partial = folder / f".partial-{tree.name}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for package in _files_of(apt, packages):
        _run(["dpkg", "-x", str(archives / package), str(partial)], f"{package} could not be unpacked")
    _check(partial)
    if rdp:
        _lead_to_plugins(partial)
    _write_launcher(folder / "bin" / "guacd")
    partial.rename(tree)
    shutil.rmtree(work, ignore_errors=True)


def _private_apt(work: Path, archive: Archive) -> list[str]:
    """The start of an apt-get command that knows *archive* alone, its lists brought up to date."""
    for part in ("lists/partial", "cache/archives/partial"):
        (work / part).mkdir(parents=True, exist_ok=True)
    sources, status = work / "sources.list", work / "status"
    sources.write_text(f"deb [signed-by={KEYRING}] {archive.mirror} {archive.suite} main\n")
    status.write_text("")
    settings = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": work / "lists",
        "Dir::State::status": status,
        "Dir::Cache": work / "cache",
        "APT::Install-Recommends": "false",
        # Without it a mirror that cannot be reached is a warning and exit code 0.
        "APT::Update::Error-Mode": "any",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
    }
    apt = ["apt-get", "-q", *(f"-o{name}={value}" for name, value in settings.items())]
    _run([*apt, "update"], f"{archive.suite} could not be read from the Debian mirror {archive.mirror}")
    return apt


def _packages_to_fetch(apt: list[str], wanted: Sequence[str]) -> list[str]:
    """The closure of *wanted* within the suite, less what this system has and what guacd never loads."""
    plan = _run([*apt, "--simulate", "install", *wanted], "the mirror does not have guacd")
    closure = re.findall(r"^Inst (\S+)", plan, flags=re.MULTILINE)
    listing = _run(
        ["dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Package}\n"], "dpkg does not say what is installed"
    )
    installed = {line[3:] for line in listing.splitlines() if line.startswith("ii ")}
    return sorted(
        name
        for name in closure
        if name in wanted
        or name in FROM_THE_SUITE
        or (LIBRARY.fullmatch(name) and name not in installed and not NEVER.fullmatch(name))
    )


def _files_of(apt: list[str], packages: list[str]) -> list[str]:
    """File names of exactly these versions: an earlier attempt may have left others beside them."""
    addresses = _run([*apt, "download", "--print-uris", *packages], "apt does not name its files")
    return re.findall(r"^'\S+' (\S+\.deb) ", addresses, flags=re.MULTILINE)


def _check(tree: Path) -> None:
    """Whether guacd and its plug-ins find every library they link to."""
    programs = [tree / "usr/sbin/guacd", *tree.glob("usr/lib/*/libguac-client-*.so*")]
    environment = {**os.environ, "LC_ALL": "C", "LD_LIBRARY_PATH": ":".join(map(str, _library_folders(tree)))}
    said = _run(["ldd", *map(str, programs)], "its libraries cannot be listed", environment=environment)
    missing = sorted({line.split()[0] for line in said.splitlines() if "not found" in line})
    if missing:
        raise SetupFailed(f"it needs libraries that neither Debian {SUITE} nor this system gave: {missing}.")


def _lead_to_plugins(tree: Path) -> None:
    """Let the FreeRDP in *tree* load plug-ins from there; what it reads at this moment stays as it is.

    Once is enough. Raises `SetupFailed` where FreeRDP is not built as expected.
    """
    library = _freerdp(tree)
    if _finds_plugins(library):
        return
    content = library.read_bytes()
    built_in = b"\0%b\0" % BUILT_IN_PLUGINS.format(triplet=library.parent.name).encode()
    # Nothing else in the file may move.
    ours = b"\0%b\0" % OUR_PLUGINS.ljust(len(built_in) - 2, b"\0")
    if content.count(built_in) != 1 or len(ours) != len(built_in):
        raise SetupFailed(f"{library} does not name its plug-ins' folder as expected: no sound, no drives.")
    new = library.with_name(f".{library.name}.new")
    new.write_bytes(content.replace(built_in, ours))
    shutil.copymode(library, new)
    new.replace(library)


def _finds_plugins(library: Path) -> bool:
    return b"\0%b\0" % OUR_PLUGINS in library.read_bytes()


def _freerdp(tree: Path) -> Path:
    found = list(tree.glob(FREERDP))
    if len(found) != 1:
        raise SetupFailed(f"{tree} should hold one {Path(FREERDP).name} and holds {len(found)}.")
    return found[0].resolve()


def _library_folders(tree: Path) -> list[Path]:
    patterns = ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*")
    inner = ("", "pulseaudio", "freerdp2")
    found = [place / name for pattern in patterns for place in sorted(tree.glob(pattern)) for name in inner]
    return [place for place in found if place.is_dir()]


LAUNCHER = """\
#!/bin/sh
# guacd with the libraries that came with it before the system's.
home=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
tree=$home/rdp
[ -d "$tree" ] || tree=$home/plain
ours=
for folder in "$tree"/usr/lib/*-linux-gnu* "$tree"/lib/*-linux-gnu*; do
    for library in "$folder" "$folder/pulseaudio" "$folder/freerdp2"; do
        [ -d "$library" ] && ours=$ours$library:
    done
done
LD_LIBRARY_PATH=${ours%:}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
exec "$tree/usr/sbin/guacd" "$@"
"""


def _write_launcher(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    new = path.with_name(".guacd.new")
    new.write_text(LAUNCHER)
    new.chmod(0o755)
    new.replace(path)


def _run(
    command: Sequence[str],
    failure: str,
    *,
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
) -> str:
    """What *command* printed; `SetupFailed` with its last words where it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment or {**os.environ, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
    )
    if done.returncode != 0:
        last = "\n".join(done.stdout.strip().splitlines()[-5:])
        raise SetupFailed(f"{failure}. {command[0]} said:\n{last}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
