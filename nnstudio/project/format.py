"""Projects as plain values and arrays, and back: parsed, checked part by part, and built.

The document holds stable keys, ids and text; numbers that come in bulk are arrays beside it, named
``network.*``, ``start.*``, ``data.*``, ``history.*`` and ``checkpoint.*``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.data.dataset import Dataset
from nnstudio.data.storing import PREFIX as TABLE_PREFIX
from nnstudio.errors import NNStudioError, ProjectError
from nnstudio.project import checkpoints
from nnstudio.project.networks import decode_network, encode_network
from nnstudio.project.project import Project
from nnstudio.project.values import Reader, bounded_text, fail
from nnstudio.training.history import History
from nnstudio.training.settings import TrainingSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnstudio.project.project import Values

Arrays = dict[str, "NDArray[Any]"]
TEXT_LIMIT = 1_000_000


def encode(project: Project) -> tuple[dict[str, Any], Arrays]:
    """Return the document and the arrays of a project; raises ProjectError for what no file can hold."""
    arrays: Arrays = {}
    network, network_arrays = encode_network(project.network)
    _put(arrays, "network", network_arrays)
    history = None
    if project.history is not None:
        columns = project.history.arrays()
        history = list(columns)
        _put(arrays, "history", columns)
    data = None
    if project.data is not None:
        data = project.data.to_dict()
        _put(arrays, "data", project.data.arrays())
    checkpoint = None
    if project.checkpoint is not None:
        encoded = checkpoints.encode(project.checkpoint, project.network)
        if encoded is not None:
            checkpoint, checkpoint_arrays = encoded
            _put(arrays, "checkpoint", checkpoint_arrays)
    start = None
    if project.start is not None:
        start, start_arrays = _encode_start(project.start)
        _put(arrays, "start", start_arrays)
    document = {
        "title": project.title,
        "description": project.description,
        "notes": project.notes,
        "network": network,
        "data": data,
        "training": {
            "settings": None if project.settings is None else project.settings.to_dict(),
            "history": history,
            "checkpoint": checkpoint,
            "start": start,
        },
        "view": dict(project.view),
    }
    return document, {name: _fixed_width(array) for name, array in arrays.items()}


def decode(document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Project:
    """Return the project that `encode` described; raises ProjectError, which says what is wrong."""
    reader = Reader(document, "document.json")
    training = reader.object("training")
    network = decode_network(reader.object("network"), _of("network", arrays))
    data = reader.optional("data", dict)
    history = training.optional("history", list)
    checkpoint = training.optional("checkpoint", dict)
    start = training.optional("start", dict)
    settings = training.optional("settings", dict)
    view = reader.value("view", dict)
    _check_writable(view)
    return Project(
        network,
        data=None if data is None else _decode_data(data, _of("data", arrays)),
        settings=None if settings is None else _decode_settings(settings),
        title=bounded_text(reader.value("title", str), TEXT_LIMIT, "the title"),
        description=bounded_text(reader.value("description", str), TEXT_LIMIT, "the description"),
        notes=bounded_text(reader.value("notes", str), TEXT_LIMIT, "the notes"),
        history=None if history is None else _decode_history(history, _of("history", arrays)),
        checkpoint=None
        if checkpoint is None
        else checkpoints.decode(checkpoint, _of("checkpoint", arrays), network),
        start=None if start is None else _decode_start(Reader(start, "start"), _of("start", arrays)),
        view=view,
    )


def _put(arrays: Arrays, prefix: str, named: Mapping[str, NDArray[Any]]) -> None:
    arrays.update({f"{prefix}.{name}": array for name, array in named.items()})


def _of(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    begin = f"{prefix}."
    return {name.removeprefix(begin): array for name, array in arrays.items() if name.startswith(begin)}


def _fixed_width(array: NDArray[Any]) -> NDArray[Any]:
    # The width of row numbers differs between systems; that of a file must not.
    return array.astype(np.int64) if array.dtype.kind in "iu" else array


def _encode_start(start: Values) -> tuple[dict[str, Any], Arrays]:
    weights, biases = start
    described = {"connection_ids": list(weights), "neuron_ids": list(biases)}
    return described, {
        "weights": np.array(list(weights.values()), dtype=np.float64),
        "biases": np.array(list(biases.values()), dtype=np.float64),
    }


def _decode_start(reader: Reader, arrays: Arrays) -> Values:
    pairs = []
    for ids_name, values_name in (("connection_ids", "weights"), ("neuron_ids", "biases")):
        ids = reader.texts(ids_name)
        values = arrays.get(values_name)
        if values is None or values.shape != (len(ids),) or values.dtype != np.float64:
            fail(f"the {values_name} of the start do not fit")
        if len(set(ids)) != len(ids) or not np.isfinite(values).all():
            fail(f"the {values_name} of the start cannot be right")
        pairs.append(dict(zip(ids, values.tolist(), strict=True)))
    return pairs[0], pairs[1]


def _decode_settings(values: Mapping[str, Any]) -> TrainingSettings:
    try:
        return TrainingSettings.from_dict(values)
    except NNStudioError as error:
        raise ProjectError(f"has training settings that cannot be: {error}") from error


def _decode_data(values: Mapping[str, Any], arrays: Arrays) -> Dataset:
    reader = Reader(values, "data")
    for name in ("feature_names", "target_names", "classes"):
        reader.texts(name)
    bounded_text(reader.value("title", str), TEXT_LIMIT, "the title of the data")
    reader.value("scaling", str)
    reader.value("source", dict)
    _check_writable(values)
    if not all(isinstance(column, Mapping) for column in reader.value("columns", list)):
        fail("the columns of the data cannot be read")
    for name, array in arrays.items():
        if name.startswith(TABLE_PREFIX):
            # The table checks its own: it may lack values.
            if array.ndim != 1:
                fail(f"“{name}” of the data has another shape")
            continue
        if array.dtype != (np.int64 if name.endswith("_rows") else np.float64):
            fail(f"“{name}” of the data holds numbers of another kind")
        if array.ndim != (2 if name in ("x", "y") else 1):
            fail(f"“{name}” of the data has another shape")
        if not np.isfinite(array).all() or (name.endswith("_scale") and not array.all()):
            fail(f"“{name}” of the data holds numbers that cannot be")
    try:
        return Dataset.from_dict(values, arrays)
    except NNStudioError as error:
        raise ProjectError(f"has data that cannot be used: {error}") from error


def _decode_history(names: list[Any], arrays: Arrays) -> History:
    columns = {}
    for name in names:
        if not isinstance(name, str) or name not in arrays or arrays[name].dtype != np.float64:
            fail("the history of the training is incomplete")
        columns[name] = arrays[name]
    try:
        return History.from_arrays(columns)
    except NNStudioError as error:
        raise ProjectError(f"has a history that cannot be read: {error}") from error


def _check_writable(values: Mapping[str, Any]) -> None:
    """Refuse what could be read but not be written again."""
    try:
        json.dumps(values, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (TypeError, ValueError, RecursionError):
        fail("it holds text that is no text")
