from __future__ import annotations

import re
import shutil
from pathlib import Path

import nnstudio as nn
from nnstudio.lessons import (
    Situation,
    check_lesson,
    evaluate,
    judge_answer,
    language,
    load_lesson,
    model,
    reading,
)
from nnstudio.lessons.documentation import quantity_list
from nnstudio.lessons.quantities import QUANTITIES
from nnstudio.paths import resource_path

PAGE = (Path(__file__).parents[2] / "docs" / "lessons.md").read_text("utf-8")


def test_the_example_of_the_documentation_is_a_sound_lesson(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    (tmp_path / "one.toml").write_text(example[1], "utf-8")
    shutil.copy(resource_path("examples", "and.nns"), tmp_path)
    assert check_lesson(tmp_path / "one.toml") == []
    lesson = load_lesson(tmp_path / "one.toml")
    situation = Situation.of(nn.load_project(tmp_path / "and.nns"))
    by_itself, typed = lesson.steps[0].checks
    assert evaluate(by_itself, situation).passed
    assert judge_answer(typed, "1/2", situation).passed
    assert [
        judge_answer(check, answer, situation).passed
        for check, answer in zip(lesson.steps[1].checks, ("No", "0,75", "upwards"), strict=True)
    ] == [True] * 3


def test_the_list_of_quantities_is_the_one_in_the_code() -> None:
    assert quantity_list() in PAGE
    assert len(re.findall(r"^\| `", quantity_list(), re.MULTILINE)) == len(QUANTITIES)


def test_every_key_and_name_is_documented() -> None:
    for table in (reading._LESSON, reading._STEP, reading._CHECK):
        for key in table:
            shown = {"step": "`[[step]]`", "check": "`[[step.check]]`"}.get(key, f"| `{key}` |")
            assert shown in PAGE, key
    names = (
        *model.DOCKS,
        *model.LOCKS,
        *model.COLORS,
        *(f"view:{view}" for view in model.VIEWS),
        *language.FUNCTIONS,
        *language.CONSTANTS,
    )
    for name in names:
        assert f"`{name}`" in PAGE, name


def test_every_way_to_ask_that_is_documented_can_be_read() -> None:
    for quantity in QUANTITIES.values():
        assert quantity.meaning
        for usage in quantity.usage.split(" or "):
            assert language.read(usage).root.quantity is quantity
