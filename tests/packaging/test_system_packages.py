from __future__ import annotations

import pytest
import system_packages
from system_packages import ALWAYS, WAYLAND, X11, SetupError

DEBIAN_12 = {"ID": "debian", "VERSION_ID": "12"}
UBUNTU = {"ID": "ubuntu", "ID_LIKE": "debian", "VERSION_ID": "24.04"}
MINT = {"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}
FEDORA = {"ID": "fedora"}
ROCKY = {"ID": "rocky", "ID_LIKE": "rhel centos fedora"}


def test_libraries_that_load_are_not_reported() -> None:
    assert system_packages.missing_libraries(ALWAYS, load=lambda soname: soname) == []


def test_only_libraries_that_do_not_load_are_reported() -> None:
    def load(soname: str) -> None:
        if soname.startswith("libxcb-"):
            raise OSError(f"{soname}: cannot open shared object file")

    missing = system_packages.missing_libraries((*ALWAYS, *X11), load)
    assert [library.soname for library in missing] == [
        library.soname for library in X11 if library.soname.startswith("libxcb-")
    ]


def test_a_library_that_exists_nowhere_is_missing_to_the_real_linker() -> None:
    nowhere = system_packages.Library("libnnstudio-nowhere.so.9", ("nowhere",), "nowhere")
    assert system_packages.missing_libraries([nowhere]) == [nowhere]


@pytest.mark.parametrize(
    ("environ", "window", "expected"),
    [
        ({}, True, ALWAYS),
        ({"DISPLAY": ":0"}, True, ALWAYS + X11),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True, ALWAYS + WAYLAND),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, True, ALWAYS + X11 + WAYLAND),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, False, ALWAYS),
    ],
)
def test_a_display_servers_libraries_are_needed_for_a_window_on_it(
    environ: dict[str, str], window: bool, expected: tuple[system_packages.Library, ...]
) -> None:
    assert system_packages.needed_libraries(window=window, environ=environ) == expected


@pytest.mark.parametrize(
    ("os_release", "manager"),
    [
        (DEBIAN_12, "apt"),
        (UBUNTU, "apt"),
        (MINT, "apt"),
        (FEDORA, "dnf"),
        (ROCKY, "dnf"),
        ({"ID": "arch"}, None),
    ],
)
def test_the_package_manager_follows_from_the_family(os_release: dict[str, str], manager: str | None) -> None:
    assert system_packages.package_manager(os_release) == manager


def test_on_debian_12_the_packages_are_the_ones_found_to_be_enough() -> None:
    old = {name for library in (*ALWAYS, *X11, *WAYLAND) for name in library.debian if "t64" not in name}
    names = system_packages.library_packages("apt", (*ALWAYS, *X11, *WAYLAND), old.__contains__)
    assert set(names) >= {
        *("libgl1", "libegl1", "libglib2.0-0", "libfontconfig1", "libxkbcommon0", "libdbus-1-3"),
        *("libxcb-cursor0", "libxkbcommon-x11-0", "libxcb-icccm4", "libxcb-keysyms1", "libxcb-shape0"),
        "libwayland-cursor0",
    }


def test_where_apt_knows_the_newer_name_it_is_taken() -> None:
    names = system_packages.library_packages("apt", ALWAYS, lambda name: True)
    assert "libglib2.0-0t64" in names
    assert "libglib2.0-0" not in names


def test_where_apt_knows_nothing_the_name_is_the_one_that_every_release_accepts() -> None:
    assert "libglib2.0-0" in system_packages.library_packages("apt", ALWAYS, lambda name: False)


def test_a_package_that_holds_several_libraries_is_named_once() -> None:
    names = system_packages.library_packages("dnf", X11, lambda name: True)
    assert names.count("libxcb") == 1


def test_debians_package_for_environments_is_that_of_the_python_in_use() -> None:
    assert system_packages.venv_packages("apt", (3, 12)) == ["python3.12-venv"]


@pytest.mark.parametrize(
    ("root", "manager", "update", "line"),
    [
        (True, "apt", False, "apt-get install -y libgl1"),
        (False, "apt", False, "sudo apt-get install -y libgl1"),
        (False, "apt", True, "sudo apt-get update && sudo apt-get install -y libgl1"),
        (False, "dnf", False, "sudo dnf install -y libgl1"),
    ],
)
def test_the_line_to_type_is_complete(
    monkeypatch: pytest.MonkeyPatch, root: bool, manager: str, update: bool, line: str
) -> None:
    monkeypatch.setattr(system_packages, "is_root", lambda: root)
    assert system_packages.install_line(manager, ["libgl1"], update=update) == line


def _on(monkeypatch: pytest.MonkeyPatch, os_release: dict[str, str], privilege: list[str] | None) -> None:
    monkeypatch.setattr(system_packages.platform, "freedesktop_os_release", lambda: os_release)
    monkeypatch.setattr(system_packages, "_privilege", lambda: privilege)
    monkeypatch.setattr(system_packages, "is_root", lambda: False)
    monkeypatch.setattr(system_packages, "_apt_lists_are_empty", lambda: False)
    monkeypatch.setattr(system_packages, "_apt_knows", lambda name: "t64" not in name)


def test_without_the_right_to_install_the_line_to_type_is_in_the_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _on(monkeypatch, DEBIAN_12, None)
    with pytest.raises(SetupError) as caught:
        system_packages.provide(ALWAYS[:1], venv=True)
    assert "libGL.so.1" in str(caught.value)
    version = f"{system_packages.sys.version_info.major}.{system_packages.sys.version_info.minor}"
    assert f"\n  sudo apt-get install -y libgl1 python{version}-venv\n" in str(caught.value)


def test_on_an_unknown_distribution_the_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _on(monkeypatch, {"ID": "arch"}, [])
    with pytest.raises(SetupError, match=r"lacks libGL\.so\.1, libEGL\.so\.1\."):
        system_packages.provide(ALWAYS[:2], venv=False)


def _commands(monkeypatch: pytest.MonkeyPatch, *outcomes: bool) -> list[str]:
    """Record the commands that would be run, with the given outcomes in turn."""
    left = list(outcomes)
    run: list[str] = []

    def succeeds(command: list[str], *, shown: bool = False) -> bool:
        run.append(" ".join(command))
        return left.pop(0)

    monkeypatch.setattr(system_packages, "_succeeds", succeeds)
    return run


def test_the_package_lists_are_left_alone_when_installing_works(monkeypatch: pytest.MonkeyPatch) -> None:
    run = _commands(monkeypatch, True)
    assert system_packages.install("apt", ["libgl1"], ["sudo", "-n"])
    assert len(run) == 1
    assert run[0].startswith("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get ")
    assert run[0].endswith(" libgl1")


def test_the_package_lists_are_renewed_when_installing_fails_and_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = _commands(monkeypatch, False, True, True)
    assert system_packages.install("apt", ["libgl1"], [])
    assert " update " in run[1]
    assert run[2] == run[0]


def test_packages_that_cannot_be_installed_are_reported_with_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _on(monkeypatch, FEDORA, [])
    _commands(monkeypatch, False)
    with pytest.raises(SetupError, match=r"could not be installed(.|\n)*sudo dnf install -y libglvnd-glx"):
        system_packages.provide(ALWAYS[:1], venv=False)


def test_a_library_that_stays_missing_after_installing_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    _on(monkeypatch, FEDORA, [])
    _commands(monkeypatch, True)
    nowhere = system_packages.Library("libnnstudio-nowhere.so.9", ("nowhere",), "nowhere")
    with pytest.raises(SetupError, match=r"libnnstudio-nowhere\.so\.9 cannot be loaded, although nowhere is"):
        system_packages.provide([nowhere], venv=False)
