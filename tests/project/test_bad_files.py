from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnstudio as nn
from nnstudio.data import Preparation, prepare
from nnstudio.data.table import Column, Table
from nnstudio.network import Network
from nnstudio.project.container import pack, unpack
from nnstudio.project.storage import project_from_bytes, project_to_bytes
from tests.project.projects import make_full_project, rewrite, rewrite_json

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = project_to_bytes(make_full_project())
SMALL = project_to_bytes(nn.Project(Network()))


def test_every_truncation_of_a_small_file_is_told_as_one() -> None:
    for size in range(1, len(SMALL)):
        with pytest.raises(nn.ProjectError, match="cut short"):
            project_from_bytes(SMALL[:size])


@settings(max_examples=100, deadline=None)
@given(st.integers(1, len(FULL) - 1))
def test_any_truncation_of_a_full_file_is_told_as_one(size: int) -> None:
    with pytest.raises(nn.ProjectError, match="cut short"):
        project_from_bytes(FULL[:size])


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(FULL) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_makes_no_difference(place: int, change: int) -> None:
    spoiled = bytearray(FULL)
    spoiled[place] ^= change
    try:
        loaded = project_from_bytes(bytes(spoiled))
    except nn.ProjectError:
        return
    # The archive holds times and attributes that nothing depends on.
    assert project_to_bytes(loaded) == FULL


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"a text, not a project", "is not an nnstudio project"),
        (b"\x89PNG\r\n\x1a\n", "is not an nnstudio project"),
        (b"PK\x03\x04 and then nothing", "another kind of archive"),
        (b"PK", "cut short"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "wrong.nns"
    path.write_bytes(content)
    with pytest.raises(nn.ProjectError, match=f"“wrong.nns” .*{says}"):
        nn.load_project(path)


def test_another_archive_is_told_from_a_damaged_project(tmp_path: Path) -> None:
    path = tmp_path / "letters.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.txt", "hello")
    with pytest.raises(nn.ProjectError, match="another kind of archive"):
        nn.load_project(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(nn.ProjectError, match="There is no file"):
        nn.load_project(tmp_path / "none.nns")
    with pytest.raises(nn.ProjectError, match="is a folder"):
        nn.load_project(tmp_path)


def test_a_newer_file_names_what_wrote_it_and_the_way_out(full_file: Path) -> None:
    rewrite_json(full_file, "manifest.json", lambda m: m.update(version=9, min_reader=7, app="nnstudio 4.2"))
    with pytest.raises(nn.ProjectError, match=r"nnstudio 4\.2.*Update nnstudio"):
        nn.load_project(full_file)


def test_a_newer_file_that_older_readers_understand_opens(full_file: Path) -> None:
    before = nn.load_project(full_file)
    rewrite_json(full_file, "manifest.json", lambda m: m.update(version=9))
    rewrite_json(full_file, "document.json", lambda d: d.update(novelty={"later": 1}))
    assert nn.load_project(full_file).network == before.network


def _neurons(document: Any) -> Any:
    return document["network"]["neurons"]


HOSTILE: dict[str, Callable[[Any], object]] = {
    "duplicate neuron ids": lambda d: _neurons(d)[1].update(id=_neurons(d)[0]["id"]),
    "duplicate connection ids": lambda d: d["network"].update(
        connection_ids=["c1"] * len(d["network"]["connection_ids"])
    ),
    "an unknown activation": lambda d: _neurons(d)[3].update(activation="wobble"),
    "an activation that is no text": lambda d: _neurons(d)[3].update(activation=["tanh"]),
    "an input with an activation": lambda d: _neurons(d)[0].update(activation="tanh"),
    "an unknown role": lambda d: _neurons(d)[3].update(role="boss"),
    "a role that is no text": lambda d: _neurons(d)[3].update(role={"a": 1}),
    "an id that is no text": lambda d: _neurons(d)[3].update(id=7),
    "an endless label": lambda d: _neurons(d)[3].update(label="x" * 100_000),
    "a label that is no text": lambda d: _neurons(d)[3].update(label=None),
    "a place that is no place": lambda d: _neurons(d)[3].update(position="here"),
    "a place out of the world": lambda d: _neurons(d)[3].update(position=[1e300, 0]),
    "a trainable that is no truth value": lambda d: _neurons(d)[3].update(trainable="yes"),
    "a neuron that is a number": lambda d: _neurons(d).__setitem__(3, 5),
    "a neuron without an id": lambda d: _neurons(d)[3].pop("id"),
    "one neuron too few": lambda d: _neurons(d).pop(),
    "one neuron too many": lambda d: _neurons(d).append(dict(_neurons(d)[3], id="more")),
    "no network": lambda d: d.pop("network"),
    "neurons that are an object": lambda d: d["network"].update(neurons={}),
    "no training": lambda d: d.pop("training"),
    "an unknown optimizer": lambda d: d["training"]["settings"].update(optimizer="magic"),
    "an unknown setting": lambda d: d["training"]["settings"].update(speed=11),
    "a learning rate that is a text": lambda d: d["training"]["settings"].update(learning_rate="fast"),
    "epochs without end": lambda d: d["training"]["settings"].update(epochs=-1),
    "options that are a list": lambda d: d["training"]["settings"].update(options=[1]),
    "a checkpoint in the past": lambda d: d["training"]["checkpoint"].update(epoch=-3),
    "a checkpoint without a generator": lambda d: d["training"]["checkpoint"].pop("rng"),
    "a generator of letters": lambda d: d["training"]["checkpoint"].update(rng={"state": "abc"}),
    "a generator too large": lambda d: d["training"]["checkpoint"]["rng"]["state"].update(state=2**200),
    "a negative generator": lambda d: d["training"]["checkpoint"]["rng"]["state"].update(inc=-5),
    "a start of other neurons": lambda d: d["training"]["start"].update(neuron_ids=["n1"]),
    "a start of numbers": lambda d: d["training"]["start"].update(connection_ids=[1, 2]),
    "a history of unknown columns": lambda d: d["training"].update(history=["epoch", "nothing"]),
    "a history without losses": lambda d: d["training"].update(history=["epoch"]),
    "features that are a text": lambda d: d["data"].update(feature_names="ab"),
    "one class": lambda d: d["data"].update(classes=["0"]),
    "an unknown scaling": lambda d: d["data"].update(scaling="wild"),
    "columns that are numbers": lambda d: d["data"].update(columns=[1, 2]),
    "no source": lambda d: d["data"].pop("source"),
    "a title that is a list": lambda d: d.update(title=["a"]),
    "a view that is a text": lambda d: d.update(view="far"),
    "half a letter": lambda d: d.update(title="\ud800"),
    "half a letter in the view": lambda d: d.update(view={"\udfff": 1}),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_document_is_refused_with_a_message(
    full_file: Path, change: Callable[[Any], object]
) -> None:
    rewrite_json(full_file, "document.json", lambda document: change(document))
    with pytest.raises(nn.ProjectError, match=r"^“full.nns” (is damaged|holds|has)"):
        nn.load_project(full_file)


@pytest.mark.parametrize(
    "text",
    [
        b"[]",
        b"{",
        b"null",
        b"\xff\xfe",
        b'{"title": NaN}',
        b'{"title": 1e999}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 10_000,
    ],
    ids=range(9),
)
def test_a_document_that_is_no_document_is_refused(full_file: Path, text: bytes) -> None:
    rewrite(full_file, lambda entries: entries.update({"document.json": text}))
    with pytest.raises(nn.ProjectError, match="is damaged"):
        nn.load_project(full_file)


def _npy(array: Any, **kwargs: Any) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array), **kwargs)
    return buffer.getvalue()


def _with_array(path: Path, name: str, array: Any) -> None:
    """Put another array in, which the manifest lists properly."""
    parts = unpack(path.read_bytes())
    path.write_bytes(pack(parts._replace(arrays={**parts.arrays, name: np.asarray(array)})))


def test_a_cycle_is_refused_with_its_path(full_file: Path) -> None:
    arrays = unpack(full_file.read_bytes()).arrays
    sources, targets = arrays["network.sources"].copy(), arrays["network.targets"].copy()
    hidden, output = 2, 5  # their places among the neurons
    sources[0], targets[0] = output, hidden
    _with_array(full_file, "network.sources", sources)
    _with_array(full_file, "network.targets", targets)
    with pytest.raises(nn.ProjectError, match="cycle"):
        nn.load_project(full_file)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("network.weights", lambda a: np.where(np.arange(len(a)) == 1, np.nan, a)),
        ("network.weights", lambda a: a[:-1]),
        ("network.weights", lambda a: a.astype(np.float32)),
        ("network.weights", lambda a: a.reshape(-1, 1)),
        ("network.biases", lambda a: a + np.inf),
        ("network.sources", lambda a: a + 1000),
        ("network.sources", lambda a: a - 1000),
        ("network.targets", lambda a: a * 0),
        ("network.targets", lambda a: a.astype(np.float64)),
        ("network.trainable", lambda a: a.astype(np.int64)),
        ("data.x", lambda a: a[:-1]),
        ("data.x", lambda a: a * np.nan),
        ("data.y", lambda a: a + 0.5),
        ("data.train_rows", lambda a: a + 100),
        ("data.train_rows", lambda a: a.astype(np.float64)),
        ("data.feature_scale", lambda a: a * 0),
        ("data.feature_offset", lambda a: np.array(1.0)),
        ("history.loss", lambda a: a[:-1]),
        ("history.loss", lambda a: a.astype(np.int64)),
        ("checkpoint.parameters", lambda a: a[:-1]),
        ("checkpoint.parameters", lambda a: a * np.nan),
        ("start.weights", lambda a: a * np.inf),
    ],
)
def test_arrays_that_do_not_fit_are_refused(full_file: Path, name: str, spoil: Callable[[Any], Any]) -> None:
    with np.errstate(invalid="ignore"):
        _with_array(full_file, name, spoil(unpack(full_file.read_bytes()).arrays[name]))
    with pytest.raises(nn.ProjectError, match=r"^“full.nns” (is damaged|holds|has)"):
        nn.load_project(full_file)


def test_a_pickled_object_is_never_loaded(full_file: Path, tmp_path: Path) -> None:
    class Mischief:
        def __reduce__(self) -> tuple[Any, Any]:
            return (Path.touch, (tmp_path / "mischief",))

    pickled = _npy(np.array([Mischief()], dtype=object), allow_pickle=True)

    def put(entries: dict[str, bytes]) -> None:
        manifest = json.loads(entries["manifest.json"])
        manifest["arrays"]["network.weights"] = {"dtype": "|O", "shape": [1]}
        entries["manifest.json"] = json.dumps(manifest).encode()
        entries["arrays/network.weights.npy"] = pickled

    rewrite(full_file, put)
    with pytest.raises(nn.ProjectError, match="is damaged"):
        nn.load_project(full_file)
    assert not (tmp_path / "mischief").exists()


@pytest.mark.parametrize("shape", [(10**9,), (10**9, 10**9), (-7,), (2**62, 4)])
def test_a_shape_that_is_merely_claimed_allocates_nothing(full_file: Path, shape: tuple[int, ...]) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": shape})

    def put(entries: dict[str, bytes]) -> None:
        manifest = json.loads(entries["manifest.json"])
        manifest["arrays"]["network.weights"]["shape"] = list(shape)
        entries["manifest.json"] = json.dumps(manifest).encode()
        entries["arrays/network.weights.npy"] = header.getvalue() + bytes(64)

    rewrite(full_file, put)
    with pytest.raises(nn.ProjectError, match="another size"):
        nn.load_project(full_file)


def test_an_array_that_differs_from_the_manifest_is_refused(full_file: Path) -> None:
    rewrite(full_file, lambda entries: entries.update({"arrays/network.weights.npy": _npy(np.zeros(3))}))
    with pytest.raises(nn.ProjectError, match=r"not what manifest\.json says"):
        nn.load_project(full_file)


def test_compressed_entries_are_refused(full_file: Path) -> None:
    # Ten megabytes of zeros, which compress to ten kilobytes: stored sizes are what keeps a reader safe.
    with zipfile.ZipFile(full_file) as archive:
        entries = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(full_file, "w") as archive:
        for name, content in entries.items():
            kind = zipfile.ZIP_DEFLATED if name == "document.json" else zipfile.ZIP_STORED
            payload = bytes(10_000_000) if name == "document.json" else content
            archive.writestr(zipfile.ZipInfo(name), payload, kind)
    with pytest.raises(nn.ProjectError, match="compressed"):
        nn.load_project(full_file)


@pytest.mark.parametrize("name", ["manifest.json", "document.json", "arrays/network.weights.npy"])
def test_a_missing_entry_is_named(full_file: Path, name: str) -> None:
    rewrite(full_file, lambda entries: entries.pop(name) and None)
    with pytest.raises(nn.ProjectError, match=f"“{name}” is missing"):
        nn.load_project(full_file)


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1"},
        {"version": True},
        {"min_reader": 0},
        {"min_reader": None},
        {"app": 5},
        {"format": "something else"},
        {"arrays": []},
        {"arrays": {"network.weights": "big"}},
    ],
)
def test_a_manifest_that_says_nonsense_is_refused(full_file: Path, change: dict[str, Any]) -> None:
    rewrite_json(full_file, "manifest.json", lambda manifest: manifest.update(change))
    with pytest.raises(nn.ProjectError, match="is damaged"):
        nn.load_project(full_file)


def test_an_entry_twice_is_refused(full_file: Path) -> None:
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(full_file, "a", zipfile.ZIP_STORED) as archive,
    ):
        archive.writestr("document.json", b"{}")
    with pytest.raises(nn.ProjectError, match="is damaged"):
        nn.load_project(full_file)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("preparation", {"split": None}),
        ("preparation", {"roles": {"x": 3}}),
        ("preparation", {"derived": [{"name": "a"}]}),
        ("table", {"columns": None}),
        ("table", {"columns": [{"name": "x", "kind": "category", "categories": []}] * 2}),
        ("table", {"columns": [{"name": "x", "kind": "number", "categories": []}] * 3}),
    ],
)
def test_a_damaged_preparation_or_table_is_refused(tmp_path: Path, part: str, change: dict[str, Any]) -> None:
    columns = (Column("x", "number", np.arange(5.0)), Column("y", "number", np.arange(5.0)))
    preparation = Preparation(roles={"x": "feature", "y": "target"})
    data = prepare(Table(columns), preparation)
    nn.save_project(nn.Project(nn.Network(), data), tmp_path / "bad.nns")
    rewrite_json(
        tmp_path / "bad.nns", "document.json", lambda document: document["data"][part].update(change)
    )
    with pytest.raises(nn.ProjectError):
        nn.load_project(tmp_path / "bad.nns")
