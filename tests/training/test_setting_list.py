import math
from dataclasses import fields, replace

import pytest

from nnstudio.engine.schedules import SCHEDULES
from nnstudio.errors import SettingsError
from nnstudio.training import TrainingSettings
from nnstudio.training.setting_list import SettingInfo, changed, further_settings

EVERY = [
    pytest.param(TrainingSettings(schedule=key), info, id=f"{key}-{info.name}")
    for key in SCHEDULES
    for info in further_settings(TrainingSettings(schedule=key))
]


def allowed(info: SettingInfo) -> list[object]:
    if info.kind == "choice":
        return [key for key, _ in info.choices]
    inner = 0.5 if info.kind == "number" else 7
    least = [] if info.above else [int(info.least) if info.kind == "whole" else info.least]
    return [inner, *least, *([None] if info.optional else [])]


def refused(info: SettingInfo) -> list[object]:
    if info.kind == "choice":
        return ["something else"]
    wrong: list[object] = [info.least - 1, math.nan, *([info.least] if info.above else [])]
    return [*wrong, *([info.most] if info.below else []), *([1.5] if info.kind == "whole" else [])]


@pytest.mark.parametrize(("settings", "info"), EVERY)
def test_what_the_list_allows_is_valid_and_what_it_forbids_is_not(settings, info: SettingInfo) -> None:
    assert all((info.title, info.tooltip, info.group))
    for value in allowed(info):
        replace(settings, **changed(settings, info, value)).validate()
    for value in refused(info):
        with pytest.raises(SettingsError):
            replace(settings, **changed(settings, info, value)).validate()


@pytest.mark.parametrize(("settings", "info"), EVERY)
def test_defaults_are_those_of_the_settings(settings, info: SettingInfo) -> None:
    if info.within:
        assert info.default == SCHEDULES[settings.schedule].defaults[info.name]
    else:
        assert info.default == getattr(TrainingSettings(), info.name)


def test_another_schedule_begins_with_its_own_options() -> None:
    settings = TrainingSettings(schedule="step", schedule_options={"step_size": 5})
    info = further_settings(settings)[0]
    assert replace(settings, **changed(settings, info, "cosine")).schedule_options == {}
    assert replace(settings, **changed(settings, info, "step")) == settings


def test_every_setting_is_here_or_among_those_that_every_training_needs() -> None:
    listed = {info.name for info in further_settings(TrainingSettings())}
    basic = {"loss", "optimizer", "learning_rate", "batch_size", "epochs", "shuffle", "seed", "target_loss"}
    rest = {entry.name for entry in fields(TrainingSettings)} - basic - listed
    assert rest == {"initializer", "options", "schedule_options"}
