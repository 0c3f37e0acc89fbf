from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nnstudio as nn
from nnstudio.lessons import LessonError, check_lesson, load_lesson
from nnstudio.lessons.lines import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[[str], Path]

# Seven lines; what follows begins in line 8.
HEAD = """\
format = 1
title = "A line"
project = "line.nns"

[[step]]
title = "Fit"

"""


def faults(path: Path) -> list[tuple[int, str]]:
    return [(problem.line, problem.message) for problem in check_lesson(path)]


def test_a_whole_lesson_is_read_as_it_is_written(write: Write) -> None:
    file = write(
        HEAD.replace("format = 1", 'format = 1\nsummary = "Short."\nminutes = 5')
        + '''text = \'\'\'
A [link](https://example.org), `code $x`, $x^2$ and 5 \\$.
\'\'\'
show = ["loss"]
lock = ["structure"]
select = ["x", "x -> out"]
color = "both"
focus = 5
hints = ["One.", "Two."]

[[step.check]]
that = "Good"
when = """
loss < 1 and
weight("x", "out") > 1
"""

[[step.check]]
ask = "How much?"
answer = 'gradient("x", "out")'
relative = 0.1

[[step.check]]
ask = "Where?"
answer = "loss"
accept = []

[[step.check]]
ask = "Which?"
choices = ["a", "b"]
answer = "b"

[[step]]
title = "End"

[[step.check]]
ask = "Half?"
answer = 0.5
'''
    )
    assert faults(file) == []
    lesson = load_lesson(file)
    assert (lesson.id, lesson.title, lesson.summary, lesson.minutes) == ("my", "A line", "Short.", 5)
    assert lesson.project == file.parent / "line.nns"
    step = lesson.steps[0]
    assert (step.show, step.lock, step.color, step.focus) == (("loss",), ("structure",), "both", 5)
    assert step.select == ("x", "x -> out")
    assert step.hints == ("One.", "Two.")
    assert step.text.startswith("A [link]")
    assert [check.is_typed for check in step.checks] == [False, True, True, True]
    assert [check.is_text for check in step.checks] == [False, False, True, True]
    assert lesson.steps[1].checks[0].answer == "0.5"
    assert not lesson.steps[1].checks[0].is_text
    assert lesson.project_at(1) == lesson.project


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ('title = "A"\n[[step]]\ntitle = "B"\n', 1, "does not say its format"),
        ('format = 2\ntitle = "A"\n[[step]]\ntitle = "B"\n', 1, "no format 2"),
        ('format = 1\n\n[[step]]\ntitle = "B"\n', 1, "no title"),
        ('format = 1\ntitle = "A"\n', 1, "no steps"),
        ('format = 1\ntitle = "A"\n\n[[step]]\ntext = "B"\n', 4, "The step has no title"),
        ('format = 1\ntitle = "A"\nminutes = 0\n[[step]]\ntitle = "B"\n', 3, "1 minute or more"),
        ('format = 1\ntitle = "A"\nnext = "02-b"\n[[step]]\ntitle = "B"\n', 3, "There is no lesson"),
        ('format = 1\ntitle = "A"\nproject = "b.nns"\n[[step]]\ntitle = "B"\n', 3, "There is no file"),
        ('format = 1\ntitle = "A"\nproject = "my.toml"\n[[step]]\ntitle = "B"\n', 3, "“my.toml”"),
        ('format = 1\ntitle = "A"\nstep = "B"\n', 3, "begins with [[step]]"),
        ('format = 1\ntitle = "A"\ntitel = "A"\n[[step]]\ntitle = "B"\n', 3, "Did you mean title?"),
        ('format = 1\ntitle = "A"\nhints = ["A"]\n[[step]]\ntitle = "B"\n', 3, "belongs to a step"),
        ("format = 1\ntitle = 'A'\n[[step]]\ntitle = 'B'\nlock = ['values']\n", 3, "The lesson has none"),
        ("format = 1\ntitle = \n", 2, "This is no TOML"),
        ("format = 1\ntitle = 'A'\ntitle = 'B'\n", 3, "This is no TOML"),
        ('format = 1\ntitle = "A"\n[[step]]\ntitle = "\\quad"\n', 4, "three single quotes"),
        ('format = 1\ntitle = """A\n', 3, "This is no TOML"),
        ("format = 1\ntitle = " + "[" * 5000 + "\n", 1, "nested too deeply"),
    ],
)
def test_faults_of_the_lesson_are_told_with_their_lines(
    write: Write, text: str, line: int, told: str
) -> None:
    assert [(at, told in message) for at, message in faults(write(text))] == [(line, True)]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ('shwo = ["loss"]\n', 8, "Did you mean show?"),
        ('show = "loss"\n', 8, "a list of texts"),
        ('# one\nshow = [\n  "loss",\n  "explian",\n]\n', 9, "Did you mean explain?"),
        ('lock = ["structures"]\n', 8, "Did you mean structure?"),
        ('color = "red"\n', 8, "There are weight, gradient"),
        ("focus = 0\n", 8, "counted from 1"),
        ("focus = 6\n", 8, "no row 6; the project has 5"),
        ("focus = true\n", 8, "a whole number"),
        ('select = ["z"]\n', 8, "no neuron z"),
        ('select = ["out -> x"]\n', 8, "no connection out → x"),
        ('project = "z.nns"\n', 8, "There is no file"),
        ('text = """\none\n$\\\\frac{1}$"""\n', 10, "cannot be set"),
        ("text = '''\none\n\n$\\foo$'''\n", 11, "not known: \\foo"),
        ("text = '''$x^{2$'''\n", 8, "never closed"),
        ("text = '''$x}$'''\n", 8, "closes nothing"),
        ("text = '''\nit costs 5 $.'''\n", 9, "never ends"),
        ('text = "a\\tb \\frac"\n', 8, "backslash was read"),
        ("text = '''\n![](view:canvas)'''\n", 9, "what it shows"),
        ("text = '''\n![a](view:canvass)'''\n", 9, "Did you mean view:canvas?"),
        ("text = '''![a](a.png)'''\n", 8, "no file “a.png”"),
        ("text = '''![a](line.nns)'''\n", 8, "no picture"),
        ("text = '''[a](b.html)'''\n", 8, "no file “b.html”"),
        ("text = '''[a]()'''\n", 8, "leads nowhere"),
        ("hints = ['$x']\n", 8, "never ends"),
        ('hints = ["one", "$\\theta$"]\n', 8, "backslash was read"),
        ("[[step.check]]\nask = \"What is $\\beta$?\"\nanswer = '1'\n", 9, "backslash was read"),
        ("[[step.check]]\nwhen = 'loss < 1'\n", 8, "The check has no “that”"),
        ("[[step.check]]\nthat = 'A'\n", 8, "no “when”"),
        ("[[step.check]]\nask = 'A'\n", 8, "no “answer”"),
        ("[[step.check]]\nthat = 'A'\nwhen = 'loss < 1'\nchoices = ['a', 'b']\n", 11, "has no “choices”"),
        ("[[step.check]]\nask = 'A'\nanswer = '1'\nwhen = 'loss < 1'\n", 11, "has no “when”"),
        ("[[step.check]]\nthat = 'A'\nwhen = 'los < 1'\n", 10, "Did you mean loss?"),
        ("[[step.check]]\nthat = 'A'\nwhen = '''\nloss < 1 and\nhiden < 1'''\n", 12, "Did you mean hidden?"),
        ("[[step.check]]\nthat = 'A'\nwhen = 'loss'\n", 10, "Compare it"),
        ("[[step.check]]\nthat = 'A'\nwhen = 'setting(\"loss\") > 1'\n", 10, "no setting “loss”"),
        ("[[step.check]]\nthat = 'A'\nwhen = 3\n", 10, "a text in quotes"),
        ("[[step.check]]\nthat = 'A'\nwhen = 'weight(\"x\", \"ouy\") > 1'\n", 10, "Did you mean out?"),
        ("[[step.check]]\nask = 'A'\nanswer = 'gradient(\"x\")'\n", 10, "Write gradient"),
        ("[[step.check]]\nask = 'A'\nanswer = 'loss < 1'\n", 10, "true or false"),
        ("[[step.check]]\nask = 'A'\nanswer = 'weight(\"out\", \"x\")'\n", 10, "cannot be computed"),
        ("[[step.check]]\nask = 'A'\nanswer = 'value(\"out\", row=9)'\n", 10, "no row 9"),
        ("[[step.check]]\nask = 'A'\nanswer = ''\n", 10, "empty"),
        ("[[step.check]]\nask = 'A'\nanswer = true\n", 10, "a number, or a text"),
        ("[[step.check]]\nask = 'A'\nanswer = '1'\ntolerance = -1\n", 11, "from 0"),
        ("[[step.check]]\nask = 'A'\nanswer = 'c'\nchoices = ['a', 'b']\n", 10, "none of the choices"),
        ("[[step.check]]\nask = 'A'\nanswer = 'a'\nchoices = ['a', 'a']\n", 11, "two choices or more"),
        ("[[step.check]]\nask = '$x'\nanswer = '1'\n", 9, "never ends"),
    ],
)
def test_faults_of_steps_and_checks_are_told_with_their_lines(
    write: Write, text: str, line: int, told: str
) -> None:
    assert [(at, told in message) for at, message in faults(write(HEAD + text))] == [(line, True)]


def test_all_faults_are_told_in_the_order_of_their_lines(write: Write) -> None:
    file = write(HEAD + 'color = "red"\n[[step.check]]\nthat = "A"\nwhen = "los < 1"\n[[step]]\n')
    assert [line for line, _ in faults(file)] == [8, 11, 12]
    with pytest.raises(LessonError, match="line 8") as caught:
        load_lesson(file)
    assert len(caught.value.problems) == 3


def test_labels_may_be_of_neurons_yet_to_be_added_unless_the_structure_is_locked(write: Write) -> None:
    check = "[[step.check]]\nthat = 'A'\nwhen = 'bias(\"h1\") > 1'\n"
    assert faults(write(HEAD + check)) == []
    [(line, told)] = faults(write(f"{HEAD}lock = ['structure']\n{check}"))
    assert line == 11
    assert "There are x, out" in told


def test_a_file_that_is_no_text_and_one_that_is_not_there_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"format = 1\ntitle = '\xff'\n")
    assert faults(tmp_path / "a.toml") == [(2, "This is no text in UTF-8. Save the file with this encoding.")]
    [(line, told)] = faults(tmp_path / "b.toml")
    assert (line, "There is no file" in told) == (1, True)
    (tmp_path / "empty").mkdir()
    [(line, told)] = faults(tmp_path / "empty")
    assert (line, "lesson.toml" in told) == (1, True)


def test_a_file_with_a_mark_of_its_encoding_and_windows_lines_is_read(write: Write) -> None:
    file = write("")
    file.write_bytes(f"{HEAD}text = 'A'\n".replace("\n", "\r\n").encode("utf-8-sig"))
    assert faults(file) == []
    assert load_lesson(file).steps[0].text == "A"


def test_tabs_are_no_lost_backslashes(write: Write) -> None:
    assert faults(write(f"{HEAD}text = '''\n\tcode\na\tb'''\n")) == []


FRAGMENTS = [
    *"\n\n\n[]={}#\"',.$\\ ",
    "[[step]]\n",
    "[[step.check]]\n",
    "format = 1\n",
    "title = 'A'\n",
    "text = '''\n",
    'text = """\n',
    "'''\n",
    '"""\n',
    "when = ",
    "'loss < 1'\n",
    "ask = 'A'\n",
    "answer = ",
    "choices = ['a', 'b']\n",
    "{a = 1}\n",
    "x.y = 1979-05-27\n",
    '"q w" = true\n',
    "![a](view:canvas)",
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=25))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_in_a_file_its_faults_are_told_within_its_lines(write: Write, parts: list[str]) -> None:
    text = "".join(parts)
    found = faults(write(text))
    assert all(1 <= line <= text.count("\n") + 1 for line, _ in found)
    assert found or ("format = 1" in text and "[[step]]" in text)


def test_the_lesson_that_follows_is_found_by_folder_and_by_file(write: Write, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("", "utf-8")
    folder = tmp_path / "01-first"
    folder.mkdir()
    (folder / "lesson.toml").write_text(HEAD.replace('project = "line.nns"', 'next = "02-second"'), "utf-8")
    (tmp_path / "02-second").mkdir()
    second = tmp_path / "02-second" / "lesson.toml"
    second.write_text("", "utf-8")
    assert load_lesson(folder).next == second
    assert (load_lesson(folder).id, load_lesson(folder).number) == ("01-first", 1)
    assert faults(folder) == []
    assert (
        load_lesson(write(HEAD.replace("[[", 'next = "other.toml"\n[[', 1))).next == tmp_path / "other.toml"
    )
    assert load_lesson(write(HEAD.replace("[[", 'next = "02-second"\n[[', 1))).next == second


def test_lines_are_found_whatever_is_written_between_them() -> None:
    text = """# a [comment] = "no"
a = "x # y" # z
"b c" = ['[[no]]', # "
  '''
[[step]]
''' ]
d = \"\"\"\\
one \\\"\"\" two
\"\"\"\"
[t.u]
v = {w = 1, x = ["]"]}
[[step]]
[[step.check]]
e.f = 1
[[step.check]]
[[step]]
[[step.check]]
g = '''
h'''
"""
    found = lines_of(text)
    assert {path: line for path, line in found.keys.items() if path[0] != "step"} == {
        ("a",): 2,
        ("b c",): 3,
        ("d",): 7,
        ("t", "u"): 10,
        ("t", "u", "v"): 11,
    }
    assert found.of(("step", 0)) == 12
    assert found.of(("step", 0, "check", 0, "e", "f")) == 14
    assert found.of(("step", 0, "check", 1)) == 15
    assert found.of(("step", 1, "check", 0, "missing")) == 17
    assert found.text(("step", 1, "check", 0, "g"), 0, "h") == 19


def test_a_project_is_read_again_when_it_changes(write: Write, line: nn.Project) -> None:
    file = write(f"{HEAD}select = ['out']\n")
    assert faults(file) == []
    line.network.update_neuron(line.network.outputs[0].id, label="other")
    nn.save_project(line, file.parent / "line.nns")
    assert len(faults(file)) == 1


@pytest.mark.parametrize(
    "change",
    [
        ('project = "line.nns"', 'project = "a\\u0000.nns"'),
        ('project = "line.nns"', f'project = "{"x" * 300}.nns"'),
        ('project = "line.nns"', f'next = "{"x" * 300}"'),
        ('project = "line.nns"', f"minutes = {'1' * 5000}"),
        ("[[step]]", f"""[[step]]\ntext = '![It]({"x" * 300}.png)'"""),
    ],
)
def test_what_no_system_can_open_or_read_is_a_fault(write: Write, change: tuple[str, str]) -> None:
    assert len(faults(write(HEAD.replace(*change, 1)))) == 1


@pytest.mark.parametrize(
    "check",
    ['ask = ""\nanswer = 1', 'that = " "\nwhen = "hidden == 0"', 'ask = "?"\nanswer = nan'],
)
def test_a_check_that_asks_nothing_or_what_nobody_can_type_is_a_fault(write: Write, check: str) -> None:
    assert len(faults(write(f"{HEAD}[[step.check]]\n{check}\n"))) == 1


def test_a_lesson_needs_a_step(write: Write) -> None:
    ((_, message),) = faults(write('format = 1\ntitle = "None"\nstep = []\n'))
    assert "no steps" in message
