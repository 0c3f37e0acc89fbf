"""Shipped files are found in a checkout; the user's folders can be moved and are made when missing."""

from __future__ import annotations

import pytest

from nnstudio import paths


def test_resources_are_found_beside_the_package_in_a_checkout() -> None:
    assert paths.resource_path("data").parent.name == "resources"
    assert paths.resource_path("data", "iris.csv").is_file()


def test_resources_inside_the_package_win_as_in_an_installed_one(tmp_path, monkeypatch) -> None:
    package = tmp_path / "nnstudio"
    (package / "resources").mkdir(parents=True)
    monkeypatch.setattr(paths, "_PACKAGE", package)
    assert paths.resource_path("data") == package / "resources" / "data"


@pytest.mark.parametrize(
    ("variable", "folder"),
    [("NNSTUDIO_CONFIG_DIR", paths.config_dir), ("NNSTUDIO_LOG_DIR", paths.log_dir)],
)
def test_the_user_s_folders_can_be_moved_and_are_made(variable, folder, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "a" / "b"))
    assert folder() == tmp_path / "a" / "b"
    assert folder().is_dir()
