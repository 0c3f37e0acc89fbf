"""Makes the data sets in resources/data that are taken from scikit-learn, which must be installed.

    python packaging/make_data.py

The same version of scikit-learn gives the same files.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sklearn import datasets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "data"
# What the six measurements of blood serum are; scikit-learn only numbers them.
SERUM = ("tc", "ldl", "hdl", "tch", "ltg", "glu")


def write(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a compressed CSV file that depends on its content alone."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    content = gzip.compress(text.getvalue().encode("utf-8"), compresslevel=9, mtime=0)
    (FOLDER / f"{name}.csv.gz").write_bytes(content)
    print(f"{name}.csv.gz: {len(content):,} bytes")


def short(value: float) -> object:
    """Return a whole number without its point; other numbers are written exactly."""
    value = float(value)
    return int(value) if value.is_integer() else value


def table(features: Iterable[Iterable[float]], targets: Iterable[object]) -> Iterable[list[object]]:
    """Yield rows of features, with the target last."""
    for row, target in zip(features, targets, strict=True):
        yield [*map(short, row), target]


def main() -> int:
    wine = datasets.load_wine()
    names = [name.replace("od280/od315", "od280_od315") for name in wine.feature_names]
    cultivars = [f"cultivar {label + 1}" for label in wine.target]
    write("wine", [*names, "cultivar"], table(wine.data, cultivars))

    cancer = datasets.load_breast_cancer()
    names = [name.replace(" ", "_") for name in cancer.feature_names]
    write("breast_cancer", [*names, "diagnosis"], table(cancer.data, cancer.target_names[cancer.target]))

    diabetes = datasets.load_diabetes(scaled=False)
    names = [*diabetes.feature_names[:4], *SERUM]
    write("diabetes", [*names, "progression"], table(diabetes.data, map(short, diabetes.target)))

    digits = datasets.load_digits()
    write("digits", [*digits.feature_names, "digit"], table(digits.data, digits.target))
    return 0


if __name__ == "__main__":
    sys.exit(main())
