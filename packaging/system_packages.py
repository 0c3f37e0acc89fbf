"""Which of Qt's system libraries are missing on this Linux, and the packages that bring them."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


class SetupError(Exception):
    """The program cannot be set up; ``str(error)`` says why, and the way out."""


@dataclass(frozen=True)
class Library:
    """A shared library that Qt loads, and the packages that hold it.

    ``debian`` lists the names that the package has had, the newest first.
    """

    soname: str
    debian: tuple[str, ...]
    fedora: str


ALWAYS = (
    Library("libGL.so.1", ("libgl1",), "libglvnd-glx"),
    Library("libEGL.so.1", ("libegl1",), "libglvnd-egl"),
    Library("libglib-2.0.so.0", ("libglib2.0-0t64", "libglib2.0-0"), "glib2"),
    Library("libfontconfig.so.1", ("libfontconfig1",), "fontconfig"),
    Library("libxkbcommon.so.0", ("libxkbcommon0",), "libxkbcommon"),
    Library("libdbus-1.so.3", ("libdbus-1-3",), "dbus-libs"),
)
X11 = (
    Library("libxcb-cursor.so.0", ("libxcb-cursor0",), "xcb-util-cursor"),
    Library("libxkbcommon-x11.so.0", ("libxkbcommon-x11-0",), "libxkbcommon-x11"),
    Library("libxcb-icccm.so.4", ("libxcb-icccm4",), "xcb-util-wm"),
    Library("libxcb-image.so.0", ("libxcb-image0",), "xcb-util-image"),
    Library("libxcb-keysyms.so.1", ("libxcb-keysyms1",), "xcb-util-keysyms"),
    Library("libxcb-randr.so.0", ("libxcb-randr0",), "libxcb"),
    Library("libxcb-render-util.so.0", ("libxcb-render-util0",), "xcb-util-renderutil"),
    Library("libxcb-shape.so.0", ("libxcb-shape0",), "libxcb"),
    Library("libxcb-sync.so.1", ("libxcb-sync1",), "libxcb"),
    Library("libxcb-xfixes.so.0", ("libxcb-xfixes0",), "libxcb"),
    Library("libX11-xcb.so.1", ("libx11-xcb1",), "libX11-xcb"),
)
WAYLAND = (Library("libwayland-cursor.so.0", ("libwayland-cursor0",), "libwayland-cursor"),)


def needed_libraries(*, window: bool, environ: Mapping[str, str]) -> tuple[Library, ...]:
    """Return the libraries that Qt needs here; those of a display server only for a window on it."""
    needed: tuple[Library, ...] = ALWAYS
    if window and environ.get("DISPLAY"):
        needed += X11
    if window and environ.get("WAYLAND_DISPLAY"):
        needed += WAYLAND
    return needed


def missing_libraries(
    libraries: Iterable[Library], load: Callable[[str], object] = ctypes.CDLL
) -> list[Library]:
    """Return those that the dynamic linker does not find."""
    missing = []
    for library in libraries:
        try:
            load(library.soname)
        except OSError:
            missing.append(library)
    return missing


def package_manager(os_release: Mapping[str, str]) -> str | None:
    """Return ``"apt"``, ``"dnf"`` or None for another family, from the fields of ``/etc/os-release``."""
    family = {os_release.get("ID", ""), *os_release.get("ID_LIKE", "").split()}
    if family & {"debian", "ubuntu"}:
        return "apt"
    if family & {"fedora", "rhel", "centos"}:
        return "dnf"
    return None


def library_packages(
    manager: str, libraries: Iterable[Library], is_known: Callable[[str], bool]
) -> list[str]:
    """Return the packages that hold the libraries, each once; ``is_known`` tells whether apt has a name."""
    if manager == "dnf":
        names = [library.fedora for library in libraries]
    else:
        names = [
            next((name for name in library.debian if is_known(name)), library.debian[-1])
            for library in libraries
        ]
    return list(dict.fromkeys(names))


def venv_packages(manager: str, version: tuple[int, int]) -> list[str]:
    """Return the packages that let this Python make virtual environments: Debian splits them off."""
    return [f"python{version[0]}.{version[1]}-venv"] if manager == "apt" else ["python3-pip"]


def install_line(manager: str, packages: Sequence[str], *, update: bool = False) -> str:
    """Return the one line to type that installs the packages, after an update of apt's lists if asked for."""
    start = "" if is_root() else "sudo "
    if manager == "dnf":
        return f"{start}dnf install -y {' '.join(packages)}"
    first = f"{start}apt-get update && " * update
    return f"{first}{start}apt-get install -y {' '.join(packages)}"


def is_root() -> bool:
    """Tell whether this process may install packages as it is."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _privilege() -> list[str] | None:
    """Return what to put before a command to run it as root without a question, or None."""
    if is_root():
        return []
    if shutil.which("sudo") and _succeeds(["sudo", "-n", "true"]):
        return ["sudo", "-n"]
    return None


def _succeeds(command: Sequence[str], *, shown: bool = False) -> bool:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            # Standard output belongs to the program that is started afterwards.
            stdout=sys.stderr if shown else subprocess.DEVNULL,
            stderr=None if shown else subprocess.DEVNULL,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


def _apt_lists_are_empty() -> bool:
    return not any(Path("/var/lib/apt/lists").glob("*_Packages*"))


def _apt_knows(package: str) -> bool:
    return _succeeds(["apt-cache", "show", "--no-all-versions", package])


def install(manager: str, packages: Sequence[str], privilege: Sequence[str]) -> bool:
    """Install without a question; tell whether it went well."""
    if manager == "dnf":
        return _succeeds([*privilege, "dnf", "install", "-y", *packages], shown=True)
    apt = [*privilege, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=120"]
    command = [*apt, "install", "-y", "-q", "--no-install-recommends", *packages]
    if _succeeds(command, shown=True):
        return True
    # The package lists may be too old to name files that still exist.
    return _succeeds([*apt, "update", "-q"], shown=True) and _succeeds(command, shown=True)


def provide(libraries: Sequence[Library], *, venv: bool) -> None:
    """Install what the system lacks, or say what to type.

    ``libraries`` are the missing ones; ``venv`` tells that this Python cannot make virtual environments.
    Raises SetupError if something stays missing.
    """
    lacking = [library.soname for library in libraries] + ["the Python modules venv and pip"] * venv
    try:
        manager = package_manager(platform.freedesktop_os_release())
    except OSError:
        manager = None
    if manager is None:
        raise SetupError(
            f"This system lacks {', '.join(lacking)}.\n"
            "Install the packages that hold them with your package manager, then type the same line again."
        )
    privilege = _privilege()
    if manager == "apt" and privilege is not None and _apt_lists_are_empty():
        _succeeds([*privilege, "apt-get", "update", "-q"], shown=True)
    packages = library_packages(manager, libraries, _apt_knows) if libraries else []
    packages += venv_packages(manager, (sys.version_info.major, sys.version_info.minor)) * venv
    line = install_line(manager, packages, update=manager == "apt" and _apt_lists_are_empty())
    if privilege is None:
        raise SetupError(
            f"This system lacks {', '.join(lacking)}.\n"
            f"Type this once, then the same line again:\n\n  {line}\n"
        )
    print(f"This system lacks {', '.join(lacking)}. Installing: {line}", file=sys.stderr, flush=True)
    if not install(manager, packages, privilege):
        raise SetupError(
            "The packages could not be installed; the lines above say why.\n"
            f"Put that right, or install them by hand, then type the same line again:\n\n  {line}\n"
        )
    still = missing_libraries(libraries)
    if still:
        raise SetupError(
            f"{', '.join(library.soname for library in still)} cannot be loaded, although "
            f"{' '.join(packages)} is installed.\nIf this Python was not built for this system "
            "(it is 32-bit, say, or comes from another distribution), use the system's own."
        )
