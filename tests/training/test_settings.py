import json
from dataclasses import FrozenInstanceError

import pytest

from nnstudio.engine.losses import LOSSES
from nnstudio.engine.optimizers import OPTIMIZERS
from nnstudio.errors import SettingsError
from nnstudio.network.initializers import INITIALIZERS
from nnstudio.training import TrainingSettings


def test_the_defaults_are_valid_and_frozen() -> None:
    settings = TrainingSettings()
    settings.validate()
    with pytest.raises(FrozenInstanceError):
        settings.loss = "mae"


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_loss_and_optimizer_with_its_own_defaults_survives_json(loss: str, optimizer: str) -> None:
    settings = TrainingSettings(
        loss=loss,
        optimizer=optimizer,
        options=OPTIMIZERS[optimizer].defaults,
        batch_size=None,
        target_loss=1e-3,
        seed=2**63 - 1,
    )
    again = TrainingSettings.from_dict(json.loads(json.dumps(settings.to_dict())))
    assert again == settings
    assert again.optimizer_options == dict(OPTIMIZERS[optimizer].defaults)


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_every_initializer_is_accepted(initializer: str) -> None:
    TrainingSettings(initializer=initializer).validate()


def test_options_fill_up_with_the_optimizers_defaults() -> None:
    name, default = next(iter(OPTIMIZERS["momentum"].defaults.items()))
    settings = TrainingSettings(optimizer="momentum", options={name: 0.25})
    assert settings.optimizer_options[name] == 0.25 != default


def test_options_are_a_copy() -> None:
    options = {"x": 1.0}
    settings = TrainingSettings(options=options)
    options["x"] = 2.0
    assert settings.options == {"x": 1.0}


@pytest.mark.parametrize(
    ("size", "rows", "batch"), [(None, 7, 7), (0, 7, 7), (1, 7, 1), (5, 7, 5), (32, 7, 7)]
)
def test_the_batch_is_never_larger_than_the_training_part(size: int | None, rows: int, batch: int) -> None:
    assert TrainingSettings(batch_size=size).batch_rows(rows) == batch


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("loss", "mean"),
        ("loss", None),
        ("optimizer", "adamant"),
        ("initializer", "ones"),
        ("learning_rate", 0),
        ("learning_rate", -0.1),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("learning_rate", "0.1"),
        ("learning_rate", True),
        ("batch_size", -1),
        ("batch_size", 1.5),
        ("epochs", 0),
        ("epochs", 10.0),
        ("shuffle", 1),
        ("seed", -1),
        ("seed", 2**63),
        ("seed", None),
        ("target_loss", float("nan")),
        ("target_loss", "low"),
        ("options", {"unheard_of": 1.0}),
        ("options", 3),
        ("schedule", "sometimes"),
        ("schedule", None),
        ("schedule_options", {"gamma": 0.1}),
        ("schedule_options", 3),
        *[(name, -0.1) for name in ("l1", "l2", "weight_decay", "clip_norm", "clip_value")],
        *[(name, float("nan")) for name in ("l1", "l2", "weight_decay", "clip_norm", "clip_value")],
        *[(name, "a") for name in ("l1", "l2", "weight_decay", "clip_norm", "clip_value")],
        ("l1", None),
        *[("class_weights", value) for value in ("fair", None, 3, {"a": 0.0}, {"a": "b"}, {"a": -1.0})],
        *[("dropout", value) for value in (-0.1, 1.0, 1, float("nan"), None)],
        ("clip_norm", 0.0),
        ("clip_value", 0),
        ("patience", 0),
        ("patience", 1.5),
        ("patience", True),
        ("dtype", "float16"),
        ("dtype", None),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(setting: str, value: object) -> None:
    with pytest.raises(SettingsError) as caught:
        TrainingSettings(**{setting: value}).validate()
    assert caught.value.setting == setting
    with pytest.raises(SettingsError):
        TrainingSettings.from_dict({setting: value})


def test_an_option_that_is_no_number_is_refused() -> None:
    with pytest.raises(SettingsError, match="momentum"):
        TrainingSettings(optimizer="momentum", options={"momentum": float("inf")}).validate()


def test_unknown_settings_in_a_file_are_refused() -> None:
    with pytest.raises(SettingsError, match="warp"):
        TrainingSettings.from_dict({"warp": 9})


def test_settings_of_an_earlier_version_have_the_defaults_of_what_came_later() -> None:
    names = ("loss", "optimizer", "learning_rate", "batch_size", "epochs", "shuffle", "seed", "options")
    old = {name: value for name, value in TrainingSettings().to_dict().items() if name in names}
    assert TrainingSettings.from_dict(old) == TrainingSettings()


def test_options_of_the_schedule_are_checked_with_it() -> None:
    TrainingSettings(schedule="step", schedule_options={"step_size": 5}).validate()
    with pytest.raises(SettingsError, match="step_size") as caught:
        TrainingSettings(schedule="step", schedule_options={"step_size": 0}).validate()
    assert caught.value.setting == "schedule_options"
