from __future__ import annotations

import errno
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnstudio as nn
from nnstudio import files
from nnstudio.network import Network
from nnstudio.project import migrations
from nnstudio.project.container import VERSION
from tests.project.projects import make_full_project

FILES = Path(__file__).resolve().parent.parent / "files"
posix = pytest.mark.skipif(os.name != "posix", reason="needs the permissions of a Unix system")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return a saved file whose project has a title to tell it by."""
    path = tmp_path / "kept.nns"
    nn.save_project(nn.Project(Network(), title="old"), path)
    return path


def test_saving_again_replaces_the_file(kept: Path) -> None:
    nn.save_project(nn.Project(Network(), title="new"), kept)
    assert nn.load_project(kept).title == "new"
    assert list(kept.parent.iterdir()) == [kept]


@posix
def test_a_file_keeps_its_permissions(kept: Path) -> None:
    kept.chmod(0o640)
    nn.save_project(nn.Project(Network(), title="new"), kept)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640


@posix
def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    nn.save_project(nn.Project(Network()), tmp_path / "new.nns")
    assert (tmp_path / "new.nns").stat().st_mode == (tmp_path / "usual").stat().st_mode


@posix
def test_saving_through_a_link_replaces_what_it_leads_to(kept: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    link = folder / "link.nns"
    link.symlink_to(Path("..") / kept.name)
    nn.save_project(nn.Project(Network(), title="new"), link)
    assert link.is_symlink()
    assert nn.load_project(kept).title == "new"


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "can only be read"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_save_leaves_the_old_file_and_no_other(
    kept: Path, monkeypatch: pytest.MonkeyPatch, number: int, says: str, step: str
) -> None:
    before = kept.read_bytes()

    def fail(*_arguments: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), fail)
    with pytest.raises(nn.ProjectError, match=f"“kept.nns” was not saved: .*{says}"):
        nn.save_project(nn.Project(Network(), title="new"), kept)
    assert kept.read_bytes() == before
    assert list(kept.parent.iterdir()) == [kept]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_that_fills_up_while_writing_leaves_the_old_file(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept.read_bytes()
    real_open = os.open

    def open_full(path: Any, flags: int, *rest: int) -> int:
        return real_open("/dev/full", os.O_WRONLY) if flags & os.O_CREAT else real_open(path, flags, *rest)

    monkeypatch.setattr(os, "open", open_full)
    with pytest.raises(nn.ProjectError, match="the disk is full"):
        nn.save_project(make_full_project(), kept)
    monkeypatch.undo()
    assert kept.read_bytes() == before


def test_what_a_disk_gives_back_wrong_is_noticed(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept.read_bytes()
    write = files._write
    monkeypatch.setattr(files, "_write", lambda path, content: write(path, content[:-1] + b"?"))
    with pytest.raises(nn.ProjectError, match="something else than was written"):
        nn.save_project(nn.Project(Network(), title="new"), kept)
    assert kept.read_bytes() == before


def test_saving_where_nothing_can_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(nn.ProjectError, match="the folder is not there"):
        nn.save_project(nn.Project(Network()), tmp_path / "none" / "a.nns")
    (tmp_path / "folder.nns").mkdir()
    with pytest.raises(nn.ProjectError, match="it is a folder"):
        nn.save_project(nn.Project(Network()), tmp_path / "folder.nns")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_write_protected_file_is_not_replaced(kept: Path) -> None:
    kept.chmod(0o444)
    with pytest.raises(nn.ProjectError, match="you may not write there"):
        nn.save_project(nn.Project(Network(), title="new"), kept)
    assert nn.load_project(kept).title == "old"


def test_a_name_of_any_letters_can_be_saved(tmp_path: Path) -> None:
    path = tmp_path / ("größe → 学 " + "x" * 180 + ".nns")
    nn.save_project(nn.Project(Network(), title="here"), path)
    assert nn.load_project(path).title == "here"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
@pytest.mark.skipif(sys.platform == "win32", reason="needs pipes with names")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.nns")
    with pytest.raises(nn.ProjectError, match="not a file"):
        nn.load_project(tmp_path / "pipe.nns")


# Older versions


def test_there_is_a_way_from_every_version_to_the_present_one() -> None:
    assert set(migrations.MIGRATIONS) == set(range(1, VERSION))


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_a_file_of_every_version_opens_as_it_was(version: int) -> None:
    project = nn.load_project(FILES / f"v{version}.nns")
    expected = json.loads((FILES / f"v{version}.json").read_text("utf-8"))
    assert project.title == expected["title"]
    assert [
        [n.id, n.role, n.activation, n.label, list(n.position)] for n in project.network.neurons
    ] == expected["neurons"]
    assert {c.id: [c.source, c.target, c.weight.hex()] for c in project.network.connections} == expected[
        "connections"
    ]
    free = {c.id: [c.trainable, True, 1.0, 0, ""] for c in project.network.connections}
    assert {
        c.id: [c.trainable, c.enabled, c.rate_factor, c.sign, c.tie] for c in project.network.connections
    } == expected.get("constraints", free)
    assert [
        [g.id, g.name, list(g.members), g.color, g.collapsed] for g in project.network.groups
    ] == expected.get("groups", [])
    assert project.settings is not None
    # What came later has its default.
    assert project.settings.to_dict() == {**nn.TrainingSettings().to_dict(), **expected["settings"]}
    assert project.data is not None
    assert project.data.x.tolist() == expected["x"]
    assert project.data.y.tolist() == expected["y"]
    assert project.history is not None
    assert project.history.loss.tolist() == expected["loss"]
    assert project.checkpoint is not None
    assert project.checkpoint.epoch == len(expected["loss"])
    assert project.view == expected["view"]


def test_migrations_run_one_after_the_other() -> None:
    def rename(parts: dict[str, Any]) -> dict[str, Any]:
        return {**parts, "document": {"second": parts["document"]["first"]}}

    def double(parts: dict[str, Any]) -> dict[str, Any]:
        return {**parts, "arrays": {name: array * 2 for name, array in parts["arrays"].items()}}

    old = {"document": {"first": 1}, "arrays": {"a": np.ones(2)}}
    new = migrations.migrate(old, 1, 3, {1: rename, 2: double})
    assert new["document"] == {"second": 1}
    assert new["arrays"]["a"].tolist() == [2.0, 2.0]
    assert migrations.migrate(old, 3, 3, {}) is old
    assert old["document"] == {"first": 1}
