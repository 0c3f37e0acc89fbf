from __future__ import annotations

import pytest

from nnstudio.data.reading import ReadOptions, guess, preview, read_table, settled_options
from nnstudio.data.reading.read import guess_with_choices
from nnstudio.errors import DataError


def columns(content: str | bytes, **options: object) -> dict[str, list[object]]:
    data = content.encode() if isinstance(content, str) else content
    table = read_table(data, settled_options(data, **options))
    return {
        column.name: column.texts() if column.kind == "category" else column.values.tolist()
        for column in table.columns
    }


@pytest.mark.parametrize(
    "content",
    [
        "x,y\n1,2.5\n3,4\n",
        "x;y\n1;2.5\n3;4\n",
        "x;y\n1;2,5\n3;4\n",
        "x\ty\n1\t2.5\n3\t4\n",
        "x\ty\n1\t2,5\n3\t4\n",
        "x|y\n1|2.5\n3|4\n",
        "x y\n1 2.5\n3 4\n",
        '"x","y"\r\n"1","2.5"\r\n"3","4"\r\n',
        'x,y\n1,"2,5"\n3,4\n',
        "x,y\r1,2.5\r3,4\r",
        "\n\nx,y\n1,2.5\n\n3,4\n,\n",
        "x,y\n 1 , 2.5 \n+3,.4e1",
    ],
)
def test_the_same_table_is_read_however_it_is_written(content: str) -> None:
    assert columns(content) == {"x": [1, 3], "y": [2.5, 4]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("city", ["Köln", "Москва", "東京"])
def test_unicode_is_known_with_a_mark_and_without(encoding: str, city: str) -> None:
    content = f"city,n\n{city},1\nUlm,2\nUlm,3\n".encode(encoding)
    assert columns(content)["city"] == [city, "Ulm", "Ulm"]


def test_a_western_european_file_is_proposed_as_such_and_never_taken_silently() -> None:
    content = "city,n\nKöln,1\nUlm,2\n".encode("cp1252")
    assert guess(content).encoding == "cp1252"
    assert [choice.option for choice in preview(content, guess(content)).choices] == ["encoding"]
    with pytest.raises(DataError, match=r"line 2: byte 9 is not UTF-8.*cp1252"):
        settled_options(content)
    assert columns(content, encoding="cp1252")["city"] == ["Köln", "Ulm"]


def test_a_letter_of_another_encoding_deep_in_a_file_is_found() -> None:
    content = b"x,y\n" + b"1,abc\n" * 60_000 + b"1,\xe9\n"
    choice = guess_with_choices(content).choices[0]
    assert choice.option == "encoding"
    assert choice.message.startswith("Line 60002: byte 360007 is not UTF-8")


@pytest.mark.parametrize("header", ["", "a;b\n"])
def test_semicolons_with_decimal_commas_are_proposed(header: str) -> None:
    options = guess(f"{header}1,5;2,5\n0,5;1,5\n".encode())
    assert (options.separator, options.decimal, options.header) == (";", ",", bool(header))


@pytest.mark.parametrize(
    ("content", "option"),
    [
        ("a,b;c,d\ne,f;g,h\n", "separator"),
        ("x;y\n1,5;a\n1.5;b\n", "decimal"),
        ("x;y\n1,500;a\n2,250;b\n", "decimal"),
        ("when;y\n01/02/2024;1\n03/04/2024;2\n", "date_order"),
        ("when;y\n13/04/2024;2\n01/14/2024;5\n", "date_order"),
        ("id,2019\na,3\nb,4\n", "header"),
    ],
)
def test_what_can_be_read_in_two_ways_is_said_and_not_taken_silently(content: str, option: str) -> None:
    data = content.encode()
    assert [choice.option for choice in preview(data, guess(data)).choices] == [option]
    with pytest.raises(DataError, match=r"[Cc]hoose"):
        settled_options(data)
    settled_options(data, **{option: getattr(guess(data), option)})


@pytest.mark.parametrize(
    "content",
    [
        'x,y\n"1,234.5",1\n"-12,345",2\n7,3\n',
        "x;y\n1.234,5;1\n-12.345;2\n7;3\n",
        "x;y\n1'234.5;1\n-12'345;2\n7;3\n",
        "x;y\n1 234,5;1\n-12 345;2\n7;3\n",
    ],
)
def test_parted_thousands_are_joined_where_nothing_else_is_possible(content: str) -> None:
    assert columns(content) == {"x": [1234.5, -12345, 7], "y": [1, 2, 3]}


def test_with_a_decimal_mark_that_was_chosen_a_comma_parts_thousands_or_does_not() -> None:
    content = "x;y\n1,500;a\n2,250;b\n"
    assert columns(content, decimal=",")["x"] == [1.5, 2.25]
    assert columns(content, decimal=".")["x"] == [1500, 2250]


def test_numbers_parted_in_the_wrong_places_are_no_numbers() -> None:
    data = b'x,y\n"1,234.5",1\n"12,34",2\n'
    with pytest.raises(DataError, match="“12,34” is not a number"):
        read_table(data)


def test_what_was_settled_is_no_longer_left_open() -> None:
    data = b"a,b;c,d\ne,f;g,h\n"
    options = guess(data)
    assert preview(data, options).choices
    assert not preview(data, options, settled=["separator"]).choices


def test_one_column_of_decimal_commas_without_a_header_is_at_least_mentioned() -> None:
    data = b"1,5\n2,5\n"
    problem = next(problem for problem in preview(data, guess(data)).problems if problem.option)
    assert (problem.severity, problem.option) == ("note", "separator")


def test_a_choice_that_was_made_is_what_the_rest_is_guessed_with() -> None:
    options = settled_options(b"a,b;c,d\ne,f;g,h\n", separator=";")
    assert options.separator == ";"
    assert settled_options(b"1,5\n2,5\n", separator=";").decimal == ","


@pytest.mark.parametrize(
    ("content", "order"),
    [
        ("when,y\n2024-02-03,1\n", "ymd"),
        ("when,y\n13/02/2024,1\n01/02/2024,2\n", "dmy"),
        ("when,y\n02/13/2024,1\n01/02/2024,2\n", "mdy"),
        ("when,y\n13.2.2024,1\n1.2.2024,2\n", "dmy"),
    ],
)
def test_the_order_of_dates_follows_from_a_day_above_twelve(content: str, order: str) -> None:
    data = content.encode()
    assert settled_options(data).date_order == order
    assert read_table(data).columns[0].kind == "date"


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("a,b\n1,2\n", True),
        ("1,2\n3,4\n", False),
        ("5.1,setosa\n4.9,setosa\n6.3,virginica\n", False),
        ("name,size\nAnn,1\nBob,2\n", True),
        ("name,city\nAnn,Ulm\nBob,Bonn\n", True),
        ("a,b\n", True),
    ],
)
def test_a_header_is_told_from_a_row(content: str, header: bool) -> None:
    assert settled_options(content.encode()).header is header


def test_a_quoted_separator_or_line_end_parts_nothing() -> None:
    assert columns('x,y\n1,"a, b"\n2,"c\nd"\n3,"say ""hi"""\n')["y"] == ["a, b", "c\nd", 'say "hi"']


def test_quotes_within_a_field_are_letters() -> None:
    assert columns('x,y\n5" screw,1\n6" nail,2\n')["x"] == ['5" screw', '6" nail']


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"separator": ",,"}, "separator"),
        ({"separator": '"'}, "cannot be the same"),
        ({"decimal": "x"}, "decimal mark"),
        ({"decimal": ",", "thousands": ","}, "part thousands"),
        ({"date_order": "ydm"}, "order of dates"),
        ({"encoding": "klingon"}, "not an encoding"),
        ({"format": "xlsx"}, "format"),
    ],
)
def test_options_that_make_no_sense_are_refused(values: dict[str, str], says: str) -> None:
    with pytest.raises(DataError, match=says):
        ReadOptions(**values)  # type: ignore[arg-type]


def test_options_survive_being_plain_values() -> None:
    options = ReadOptions(separator=";", decimal=",", missing=("", "none"), date_order="mdy")
    assert ReadOptions.from_dict(options.to_dict()) == options
    with pytest.raises(DataError, match="damaged"):
        ReadOptions.from_dict({"separator": 5})
