from pathlib import Path

import numpy as np
import pytest

from nnstudio.data import load_csv, load_features, load_table, write_table
from nnstudio.errors import DataError

HOUSES = "size,town,price\n50,Ulm,100\n70,Bonn,150\n90,Ulm,210\n60,Bonn,125\n"


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / "rows.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def load(path: Path, targets="y", **options):
    return load_csv(path, targets, **{"test_fraction": 0.0, "scaling": "none", **options})


def test_numbers_and_categories_become_features_and_values_a_target(write) -> None:
    data = load(write(HOUSES), ["price"])
    assert data.feature_names == ("size", "town=Bonn", "town=Ulm")
    assert data.x.tolist() == [[50, 0, 1], [70, 1, 0], [90, 0, 1], [60, 1, 0]]
    assert data.y[:, 0].tolist() == [100, 150, 210, 125]
    assert data.task == "regression"
    assert data.title == "rows"
    assert data.source["kind"] == "file"
    assert data.source["file"] == "rows.csv"
    assert data.preparation is not None
    assert data.preparation.roles == {"size": "feature", "town": "feature", "price": "target"}


def test_features_are_standardized_unless_said_otherwise(write) -> None:
    data = load_csv(write(HOUSES), ["price"], test_fraction=0.0)
    assert np.allclose(data.x[:, 0].mean(), 0)
    assert data.x[:, 1].tolist() == [0, 1, 0, 1]
    assert data.feature_values(data.x)[:, 0].tolist() == [50, 70, 90, 60]


def test_two_text_classes_become_a_single_column_of_zero_and_one(write) -> None:
    data = load(write("x,y\n1,no\n2,yes\n3,no\n"))
    assert data.classes == ("no", "yes")
    assert data.target_names == ("y",)
    assert data.y[:, 0].tolist() == [0, 1, 0]


def test_more_text_classes_become_one_column_each(write) -> None:
    data = load(write("x,y\n1,b\n2,a\n3,c\n4,a\n"))
    assert data.classes == data.target_names == ("a", "b", "c")
    assert data.y.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1], [1, 0, 0]]


def test_a_target_of_zeros_and_ones_is_two_classes_unless_values_are_asked_for(write) -> None:
    path = write("x,y\n1,0\n2,1\n3,0\n")
    assert load(path).classes == ("0", "1")
    assert load(path, task="regression").classes == ()


def test_numbers_can_be_read_as_classes(write) -> None:
    data = load(write("x,y\n1,5\n2,7\n3,9\n4,9\n"), task="classification")
    assert data.classes == ("5", "7", "9")


def test_several_number_targets_are_values(write) -> None:
    data = load(write("a,b,c\n1,2,3\n4,5,6\n"), ["c", "a"])
    assert data.target_names == ("c", "a")
    assert data.y.tolist() == [[3, 1], [6, 4]]
    assert data.feature_names == ("b",)


def test_features_can_be_chosen_and_kinds_said(write) -> None:
    data = load(write("a,b,y\n1,2,3\n2,2,4\n"), features=["b", "a"], kinds={"a": "category"})
    assert data.feature_names == ("b", "a=1", "a=2")


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffx,y\n1,2\n3,4\n",
        "x;y\r\n1;2\r\n3;4\r\n",
        "x\ty\n1\t2\n\n3\t4",
        '"x","y"\n"1","2"\n 3 , 4 \n\n',
        "\nx,y\n1,2\n3,4\n",
    ],
    ids=["byte order mark", "semicolons", "tabs and a blank line", "quotes and spaces", "leading blank line"],
)
def test_common_ways_to_write_a_table_read_the_same(write, text: str) -> None:
    data = load(write(text))
    assert data.feature_names == ("x",)
    assert data.x.tolist() == [[1], [3]]
    assert data.y.tolist() == [[2], [4]]


@pytest.mark.parametrize("options", [{}, {"decimal": ",", "delimiter": ";"}], ids=["guessed", "said"])
def test_decimal_commas_beside_semicolons_are_read(write, options) -> None:
    data = load(write("x;y\n1,5;2,25\n-3;0,5\n"), **options)
    assert data.x.tolist() == [[1.5], [-3]]
    assert data.y.tolist() == [[2.25], [0.5]]


def test_without_a_header_columns_are_numbered(write) -> None:
    data = load(write("1,2\n3,4\n"), "c2", header=False)
    assert data.x.tolist() == [[1], [3]]


def test_a_quoted_line_break_keeps_the_line_numbers_right(write) -> None:
    path = write('x,name,y\n1,"two\nlines",2\n3,b\n')
    with pytest.raises(DataError, match="line 4: 2 fields, expected 3"):
        load(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "rows.csv: the file is empty"),
        ("\n \n", "the file is empty"),
        ("x,y\n", "a header but no rows"),
        ("x,y\n1,2\n3,4,5\n", "line 3: 3 fields, expected 2"),
        ("x,y\n1,2\n\n3\n", "line 4: 1 field, expected 2"),
        ("x,y\n1,2\n3,4\nfive,6\n", "line 4, column “x”: “five” is not a number"),
        ("x,y\n1,2\n,4\n", "line 3, column “x”: the cell is empty"),
        ("x,y\n1,2\nnan,4\n", "line 3, column “x”: “nan” is not a finite number"),
        ("x,y\n1,2\n3,-inf\n", "line 3, column “y”: “-inf” is not a finite number"),
        ("x,y\n1e999,2\n", "line 2, column “x”: “1e999” is not a finite number"),
        ("x,z\n1,2\n", "no column “y”. The columns are x, z"),
        ("1,2\n3,4\n", "no column “y”. The columns are c1, c2"),
        ("y\n1\n", "no column is left as a feature"),
        ('x,y\n1,"2\n3,4\n', "line 2: a quote is opened and never closed"),
        ("x,y\n1,\0\n", "NUL bytes"),
        ("x,y\n1,caf\xe9\n".encode("cp1252"), "byte 10 is not UTF-8"),
        ("x;y\n1,5;2.5\n2,5;3,5\n", "some numbers have a decimal comma, such as 1,5, and some a point"),
        ("x,y\n1,2\n2,2\n", "target “y” is 2 in every row"),
        ("x,y\n1,a\n2,b\n3,c\n", "3 classes in 3 rows"),
        ("x,y\n1,a\n2,a\n", "one class only, “a”"),
        ("x,y\n1," + "a" * 140_000 + "\n", "longer than"),
        ("x,y\n" + "\n".join(f"{i},name{i}" for i in range(60)), "60 different texts in 60 rows"),
        ("x,y\n1,\n2,a\n3,b\n", "line 2, column “y”: the cell is empty"),
    ],
)
def test_bad_tables_are_refused_with_file_line_and_column(write, content, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        load(write(content))
    assert str(caught.value).startswith("rows.csv: ")


@pytest.mark.parametrize(
    ("targets", "options", "message"),
    [
        ([], {}, "no target column"),
        (["y"], {"features": ["y"]}, "a feature and a target"),
        (["y"], {"features": ["nope"]}, "no column “nope”"),
        (["y"], {"kinds": {"nope": "number"}}, "no column “nope”"),
        (["x", "y"], {}, "no column is left"),
        (["y"], {"encoding": "klingon"}, "not an encoding"),
    ],
)
def test_choices_that_do_not_fit_the_file_are_refused(write, targets, options, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(write("x,y\n1,2\n"), targets, **options)


def test_text_among_several_targets_is_refused(write) -> None:
    with pytest.raises(DataError, match="“b” holds categories"):
        load(write("x,a,b\n1,2,u\n2,3,v\n"), ["a", "b"])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_encodings_that_leave_no_doubt_need_not_be_said(write, encoding: str) -> None:
    assert load(write("x,y\n1,ä\n2,b\n3,ä\n".encode(encoding))).classes == ("b", "ä")


def test_an_encoding_that_is_a_guess_must_be_said(write) -> None:
    path = write("x,y\n1,caf\xe9\n2,bar\n3,bar\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"^rows.csv: line 2: byte 10 is not UTF-8.*cp1252"):
        load(path)
    assert load(path, encoding="cp1252").classes == ("bar", "café")


def test_columns_of_the_same_name_are_told_apart_and_one_without_gets_one(write) -> None:
    data = load(write("x,x,,y\n1,2,3,4\n2,3,4,5\n"))
    assert data.feature_names == ("x", "x_2", "c3")


@pytest.mark.parametrize(("missing", "x"), [("drop", [1, 4]), ("mean", [1, 2.5, 4]), ("mode", [1, 1, 4])])
def test_empty_cells_are_dropped_or_filled_by_choice(write, missing: str, x: list[float]) -> None:
    assert load(write("x,y\n1,1\nNA,2\n4,3\n"), missing=missing).x[:, 0].tolist() == x


def test_parquet_and_numpy_files_become_datasets_too(write, tmp_path: Path) -> None:
    table = load_table(write(HOUSES))
    for name in ("rows.parquet", "rows.npz"):
        write_table(table, tmp_path / name)
        assert load(tmp_path / name, ["price"]).x.tolist() == load(write(HOUSES), ["price"]).x.tolist()


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        load_table(tmp_path / "none.csv")
    with pytest.raises(DataError, match="cannot be read"):
        load_table(tmp_path)


def test_new_rows_are_read_in_any_order_of_columns_and_scaled_like_the_data(write) -> None:
    data = load_csv(write(HOUSES), ["price"], test_fraction=0.0)
    x = load_features(write("town,note,size\nUlm,?,50\nBonn,!,70\n"), data)
    assert np.array_equal(x, data.x[:2])


def test_new_rows_with_an_unknown_category_or_a_missing_column_are_refused(write) -> None:
    data = load_csv(write(HOUSES), ["price"], test_fraction=0.0)
    with pytest.raises(DataError, match="line 3, column “town”: “Köln” is none of its categories: Bonn, Ulm"):
        load_features(write("size,town\n1,Ulm\n2,Köln\n"), data)
    with pytest.raises(DataError, match="no column “town”"):
        load_features(write("size\n1\n"), data)
