from __future__ import annotations

import math
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnstudio as nn
from nnstudio.data import Derived, Preparation, Split, prepare
from nnstudio.data.table import Column, Table, category_column
from nnstudio.network import Connection, Network, Neuron
from nnstudio.project.container import MIMETYPE
from nnstudio.project.storage import project_from_bytes, project_to_bytes
from tests.project.projects import make_full_project

if TYPE_CHECKING:
    from pathlib import Path

finite = st.floats(allow_nan=False, allow_infinity=False)


def test_everything_comes_back_as_it_was(full_project: nn.Project, full_file: Path) -> None:
    loaded = nn.load_project(full_file)
    assert loaded.network == full_project.network
    for name in ("title", "description", "notes", "settings", "start", "view"):
        assert getattr(loaded, name) == getattr(full_project, name), name
    assert loaded.data is not None
    assert full_project.data is not None
    assert loaded.data.to_dict() == full_project.data.to_dict()
    for name, array in full_project.data.arrays().items():
        assert np.array_equal(loaded.data.arrays()[name], array), name
        assert loaded.data.arrays()[name].dtype == array.dtype, name
    assert loaded.history is not None
    assert full_project.history is not None
    for name, column in full_project.history.arrays().items():
        assert np.array_equal(loaded.history.arrays()[name], column, equal_nan=True), name


def test_weights_come_back_bit_for_bit(full_project: nn.Project, full_file: Path) -> None:
    pairs = zip(full_project.network.connections, nn.load_project(full_file).network.connections, strict=True)
    for saved, loaded in pairs:
        assert loaded.weight.hex() == saved.weight.hex()  # equality would take -0.0 for 0.0


def test_a_project_with_a_network_alone_comes_back(tmp_path: Path) -> None:
    nn.save_project(nn.Project(Network()), tmp_path / "empty.nns")
    loaded = nn.load_project(tmp_path / "empty.nns")
    assert loaded == nn.Project(Network())


def test_equal_projects_give_equal_files(full_project: nn.Project) -> None:
    assert project_to_bytes(full_project) == project_to_bytes(make_full_project())


def test_saving_what_was_loaded_gives_the_same_file(full_file: Path, tmp_path: Path) -> None:
    nn.save_project(nn.load_project(full_file), tmp_path / "again.nns")
    assert (tmp_path / "again.nns").read_bytes() == full_file.read_bytes()


def test_training_goes_on_after_loading_as_if_it_had_never_stopped(
    full_project: nn.Project, full_file: Path
) -> None:
    loaded = nn.load_project(full_file)
    assert full_project.data is not None
    assert full_project.settings is not None
    assert loaded.data is not None
    longer = replace(full_project.settings, epochs=12)
    unbroken = nn.train(full_project.network, full_project.data, longer, state=full_project.checkpoint)
    resumed = nn.train(loaded.network, loaded.data, longer, state=loaded.checkpoint)
    assert resumed.epochs == 7
    assert resumed.parameters.flat.tobytes() == unbroken.parameters.flat.tobytes()


def test_training_goes_on_within_an_epoch(tmp_path: Path, full_project: nn.Project) -> None:
    from nnstudio.training import Trainer

    assert full_project.data is not None
    assert full_project.settings is not None
    program = nn.compile_network(full_project.network)
    trainer = Trainer(program, program.initial_parameters(), full_project.data, full_project.settings)
    trainer.step()
    trainer.step()
    full_project.network.set_parameters(program, trainer.parameters)
    full_project.checkpoint = trainer.state()
    nn.save_project(full_project, tmp_path / "half.nns")
    loaded = nn.load_project(tmp_path / "half.nns")
    assert loaded.data is not None
    resumed = Trainer(program, None, loaded.data, full_project.settings, state=loaded.checkpoint)
    assert resumed.epoch() == trainer.epoch()
    assert resumed.parameters.flat.tobytes() == trainer.parameters.flat.tobytes()


def test_a_checkpoint_of_another_network_is_left_out(full_project: nn.Project, tmp_path: Path) -> None:
    full_project.network.remove_connection(full_project.network.connections[0].id)
    nn.save_project(full_project, tmp_path / "changed.nns")
    assert nn.load_project(tmp_path / "changed.nns").checkpoint is None


def test_the_archive_has_the_promised_entries_in_order(full_file: Path) -> None:
    with zipfile.ZipFile(full_file) as archive:
        names = archive.namelist()
        assert names[:3] == ["mimetype", "manifest.json", "document.json"]
        assert all(name.startswith("arrays/") and name.endswith(".npy") for name in names[3:])
        assert archive.read("mimetype") == MIMETYPE
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        document = archive.read("document.json").decode("utf-8")
    assert full_file.read_bytes()[38 : 38 + len(MIMETYPE)] == MIMETYPE
    assert document.startswith('{\n "data": {\n  "classes"')
    assert "Größe → 1" in document


def test_arrays_are_little_endian_and_no_objects(full_file: Path) -> None:
    with zipfile.ZipFile(full_file) as archive:
        for name in archive.namelist()[3:]:
            with archive.open(name) as file:
                array = np.load(file, allow_pickle=False)
            assert array.dtype.str in ("<f8", "<i8", "|b1"), name


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Any legal network, with ids, labels, places and values as odd as the rules allow."""
    texts = st.text(st.characters(exclude_categories=("C", "Zl", "Zp", "Zs")), min_size=1, max_size=12)
    ids = draw(st.lists(texts, unique=True, max_size=8))
    roles = st.sampled_from(("input", "hidden", "output"))
    places = st.floats(-1e7, 1e7)
    neurons = []
    for neuron_id in ids:
        role = draw(roles)
        active = role != "input"
        neurons.append(
            Neuron(
                neuron_id,
                role,
                draw(st.sampled_from(("tanh", "relu", "step", "identity"))) if active else None,
                draw(finite) if active else None,
                draw(texts),
                (draw(places), draw(places)),
                draw(st.booleans()),
            )
        )
    connections = [
        Connection(f"c{source}-{target}", ids[source], ids[target], draw(finite), draw(st.booleans()))
        for target in range(len(ids))
        for source in range(target)
        if neurons[target].role != "input" and draw(st.booleans())
    ]
    return Network.from_parts(neurons, draw(st.permutations(connections)))


@settings(max_examples=60, deadline=None)
@given(networks())
def test_any_network_comes_back_equal(network: Network) -> None:
    loaded = project_from_bytes(project_to_bytes(nn.Project(network))).network
    assert loaded == network
    assert [n.id for n in loaded.neurons] == [n.id for n in network.neurons]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), json_values, max_size=4))
def test_any_view_comes_back_equal(view: dict[str, object]) -> None:
    assert project_from_bytes(project_to_bytes(nn.Project(Network(), view=view))).view == view


@pytest.mark.parametrize("view", [{"zoom": math.nan}, {"what": object()}, {"text": "\ud800"}])
def test_what_no_file_can_hold_is_refused_and_nothing_is_written(
    tmp_path: Path, view: dict[str, object]
) -> None:
    path = tmp_path / "kept.nns"
    path.write_bytes(b"old")
    with pytest.raises(nn.ProjectError, match=r"kept\.nns.*was not saved"):
        nn.save_project(nn.Project(Network(), view=view), path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_formula_as_activation_is_saved_as_it_is_drawn(tmp_path: Path) -> None:
    network = Network()
    network.add_neuron("input")
    keys = ["custom:x * tanh(x)", "custom:" + "x + " * 200 + "1", "custom:log(x)"]
    for key in keys:
        network.add_neuron("output", activation=key)
    nn.save_project(nn.Project(network), tmp_path / "formulas.nns")
    loaded = nn.load_project(tmp_path / "formulas.nns")
    # One that cannot be computed, too: the drawing says so at the neuron.
    assert [neuron.activation for neuron in loaded.network.outputs] == keys


def test_a_table_with_gaps_and_its_preparation_come_back_bit_for_bit(tmp_path: Path) -> None:
    table = Table(
        (
            Column("length", "number", np.array([0.1, math.nan, 0.3, -0.0, 5e-324])),
            Column("when", "date", np.array([0.0, 1.5, math.nan, 3.0, 4.0])),
            category_column("kind", ["a", "", "b", "a", "b"]),
            category_column("note", ["", "=x", "y", "", "z"]),
        ),
        title="Gaps",
        source={"kind": "csv", "file": "gaps.csv"},
    )
    preparation = Preparation(
        roles={"length": "feature", "when": "feature", "kind": "target"},
        missing={"length": "mean", "when": "median"},
        derived=(Derived("twice", "2 * length"),),
        split=Split(kind="order", fraction=0.4),
    )
    data = prepare(table, preparation)
    nn.save_project(nn.Project(Network(), data), tmp_path / "gaps.nns")
    loaded = nn.load_project(tmp_path / "gaps.nns").data
    assert loaded is not None
    assert loaded.preparation == preparation
    assert loaded.to_dict() == data.to_dict()
    for name, array in data.arrays().items():
        assert loaded.arrays()[name].dtype == array.dtype, name
        assert loaded.arrays()[name].tobytes() == array.tobytes(), name
    assert loaded.table is not None
    assert prepare(loaded.table, preparation).x.tobytes() == data.x.tobytes()
