"""Install the Debian packages that are missing: `system_packages.py run` or `… test`.

As root or with passwordless sudo they are installed; else one line says what to install.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Need:
    """One thing that must be there, how to see whether it is, and the packages that bring it."""

    what: str
    is_met: Callable[[], bool]
    packages: tuple[str, ...]


def _commands(*names: str) -> Callable[[], bool]:
    return lambda: all(shutil.which(name) for name in names)


def _file(pattern: str) -> Callable[[], bool]:
    return lambda: any(Path("/").glob(pattern.lstrip("/")))


def _can_make_environments() -> bool:
    probe = [sys.executable, "-c", "import ensurepip, venv"]
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0


def _can_compile() -> bool:
    has_headers = Path(sysconfig.get_path("include"), "Python.h").is_file()
    return has_headers and shutil.which("cc") is not None


def _has_desktop() -> bool:
    return shutil.which("xfce4-session") is not None or all(shutil.which(name) for name in LIGHT_DESKTOP)


LIGHT_DESKTOP = ("openbox", "tint2", "jgmenu", "pcmanfm", "lxterminal", "mousepad")

RUN = (
    Need("virtual environments", _can_make_environments, ("python3-venv",)),
    Need("a C compiler and Python's headers", _can_compile, ("gcc", "libc6-dev", "python3-dev")),
    Need("the desktop server", _commands("Xtigervnc"), ("tigervnc-standalone-server",)),
    Need("keyboard layouts", _commands("setxkbmap", "xkbcomp"), ("x11-xkb-utils", "xkb-data")),
    Need("a small desktop", _has_desktop, LIGHT_DESKTOP),
    Need("a theme", _file("/usr/share/themes/Adwaita/gtk-2.0/gtkrc"), ("gnome-themes-extra",)),
    Need("icons", _file("/usr/share/icons/Adwaita/index.theme"), ("adwaita-icon-theme",)),
    Need("a Latin font", _file("/usr/share/fonts/truetype/dejavu/*.ttf"), ("fonts-dejavu-core",)),
    Need("an East Asian font", _file("/usr/share/fonts/truetype/droid/*.ttf"), ("fonts-droid-fallback",)),
    Need("a session bus", _commands("dbus-daemon"), ("dbus-daemon",)),
)
TEST = (
    *RUN,
    Need("a browser", _commands("chromium"), ("chromium",)),
    Need("PostgreSQL", _file("/usr/lib/postgresql/*/bin/initdb"), ("postgresql",)),
    Need("X tools", _commands("xdotool", "xclip", "xterm"), ("xdotool", "xclip", "xterm")),
    Need("X clients", _commands("xeyes", "xwd", "xprop"), ("x11-apps", "x11-utils")),
    Need("X settings", _commands("xsetroot"), ("x11-xserver-utils",)),
    Need("VNC passwords", _commands("vncpasswd", "tigervncpasswd"), ("tigervnc-tools",)),
    Need("pictures of screens", _commands("import"), ("imagemagick",)),
    Need("sound", _commands("pulseaudio", "pacat"), ("pulseaudio", "pulseaudio-utils")),
    Need("an SSH server", _file("/usr/sbin/sshd"), ("openssh-server",)),
    Need("an RDP server", _file("/usr/sbin/xrdp"), ("xrdp",)),
)


def main(arguments: list[str]) -> int:
    """Exit code 0 when everything is there, 1 when something is missing and could not be installed."""
    purposes = {"run": RUN, "test": TEST}
    if len(arguments) != 1 or arguments[0] not in purposes:
        print("usage: system_packages.py run|test", file=sys.stderr)
        return 2
    missing = [need for need in purposes[arguments[0]] if not need.is_met()]
    if not missing:
        return 0
    packages = sorted({package for need in missing for package in need.packages})
    prefix = _root_prefix()
    if prefix is None or shutil.which("apt-get") is None:
        print(
            f"Missing: {', '.join(need.what for need in missing)}. "
            f"Install with: sudo apt-get install --no-install-recommends {' '.join(packages)}",
            file=sys.stderr,
        )
        return 1
    print(f"Installing {', '.join(need.what for need in missing)} …")
    return _install(prefix, packages)


def _root_prefix() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], check=False).returncode == 0:
        return ["sudo", "-n"]
    return None


def _install(prefix: list[str], packages: list[str]) -> int:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if "postgresql" in packages:
        _make_no_cluster(prefix)
    wait_for_lock = ["-o", "DPkg::Lock::Timeout=300"]
    install = ["install", "-y", "-q", "--no-install-recommends", *packages]
    for command in (["update", "-q"], install):
        # Kept off standard output unless it fails: a newcomer wants to see progress, not packages.
        done = subprocess.run(
            [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *wait_for_lock, *command],
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode != 0:
            print(done.stdout[-4000:], file=sys.stderr)
            print(f"Could not install: {' '.join(packages)}", file=sys.stderr)
            return 1
    return 0


def _make_no_cluster(prefix: list[str]) -> None:
    """The tests start servers of their own: the package must not set one up on this machine."""
    configuration = Path("/etc/postgresql-common/createcluster.conf")
    if configuration.exists():
        return
    subprocess.run([*prefix, "mkdir", "-p", str(configuration.parent)], check=True)
    subprocess.run(
        [*prefix, "tee", str(configuration)],
        check=True,
        input="create_main_cluster = false\n",
        text=True,
        stdout=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
