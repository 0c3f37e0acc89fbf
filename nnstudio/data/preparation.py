"""Preparation: what becomes of a table's columns before the network sees them, as plain choices."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from nnstudio.data.derived import Derived
from nnstudio.data.scaling import SCALINGS, Scaling
from nnstudio.data.split import Split
from nnstudio.data.targets import holds_classes
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nnstudio.data.table import Table

Role = Literal["feature", "target", "weight", "ignore"]
Missing = Literal["drop", "mean", "median", "mode", "constant"]
CategoryEncoding = Literal["one_hot", "label"]
Task = Literal["classification", "regression"]

ROLES: tuple[Role, ...] = get_args(Role)
MISSING: tuple[Missing, ...] = get_args(Missing)
ENCODINGS: tuple[CategoryEncoding, ...] = get_args(CategoryEncoding)


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What to make of the columns of a table, by their names; `prepare` does it.

    ``roles``: "feature", "target", "weight" (how much a row counts) or "ignore", which those not named have.
    ``missing``: what becomes of a missing value, "drop" (its row) unless said; "constant" takes that of
    ``constants``. Without its target or weight a row is always dropped. ``scaling`` is that of all features,
    ``target_scaling`` that of targets that are values, and ``scalings`` those of columns or derived features
    that differ; a category as columns of 0 and 1 stays unscaled unless named there. ``encodings`` of
    categories are "one_hot" unless said. ``task`` says whether numbers as the target are classes; without it
    they are where all are 0 or 1.
    """

    roles: Mapping[str, Role] = field(default_factory=dict)
    missing: Mapping[str, Missing] = field(default_factory=dict)
    constants: Mapping[str, float | str] = field(default_factory=dict)
    scaling: Scaling = "standardize"
    target_scaling: Scaling = "none"
    scalings: Mapping[str, Scaling] = field(default_factory=dict)
    encodings: Mapping[str, CategoryEncoding] = field(default_factory=dict)
    derived: tuple[Derived, ...] = ()
    split: Split = field(default_factory=Split)
    task: Task | None = None

    def __post_init__(self) -> None:
        for name in ("roles", "missing", "constants", "scalings", "encodings"):
            object.__setattr__(self, name, dict(getattr(self, name)))
        object.__setattr__(self, "derived", tuple(self.derived))
        _check_choices("role of a column", ROLES, self.roles.values())
        _check_choices("way to treat missing values", MISSING, self.missing.values())
        _check_choices("scaling", SCALINGS, (self.scaling, self.target_scaling, *self.scalings.values()))
        _check_choices("encoding of categories", ENCODINGS, self.encodings.values())
        if self.task is not None:
            _check_choices("task", get_args(Task), (self.task,))
        lacking = next(
            (n for n, how in self.missing.items() if how == "constant" and n not in self.constants), None
        )
        if lacking is not None:
            raise DataError(f"Missing values of “{lacking}” are to become a constant, but none is given.")

    def names(self, role: Role) -> tuple[str, ...]:
        """Return the columns of a role, in the order in which they were given."""
        return tuple(name for name, given in self.roles.items() if given == role)

    def to_dict(self) -> dict[str, Any]:
        """Return the preparation as plain values, for a project file."""
        return {
            # Pairs, because objects of a file are sorted by name, and the order of targets counts.
            "roles": [[name, role] for name, role in self.roles.items()],
            "missing": dict(self.missing),
            "constants": dict(self.constants),
            "scaling": self.scaling,
            "target_scaling": self.target_scaling,
            "scalings": dict(self.scalings),
            "encodings": dict(self.encodings),
            "derived": [feature.to_dict() for feature in self.derived],
            "split": self.split.to_dict(),
            "task": self.task,
        }

    @classmethod
    def from_dict(cls, values: Any) -> Preparation:
        """Return what `to_dict` described; raises DataError."""
        try:
            return cls(
                roles={_text(name): _text(role) for name, role in values["roles"]},  # type: ignore[misc]
                missing=_texts(values["missing"]),
                constants={
                    _text(name): value if isinstance(value, str) else float(value)
                    for name, value in values["constants"].items()
                },
                scaling=_text(values["scaling"]),  # type: ignore[arg-type]
                target_scaling=_text(values["target_scaling"]),  # type: ignore[arg-type]
                scalings=_texts(values["scalings"]),
                encodings=_texts(values["encodings"]),
                derived=tuple(Derived.from_dict(feature) for feature in values["derived"]),
                split=Split.from_dict(values["split"]),
                task=values["task"],
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError("The description of the data's preparation is damaged.") from error


def default_preparation(
    table: Table,
    targets: Sequence[str],
    *,
    scaling: Scaling = "standardize",
    test_fraction: float = 0.2,
    seed: int = 0,
    task: Task | None = None,
) -> Preparation:
    """Return a preparation for a table: all columns that are no targets are features.

    Classes each give their share to the test part. Raises DataError for an unknown target.
    """
    classes = len(targets) == 1 and holds_classes(table[targets[0]], task)
    roles: dict[str, Role] = {name: "feature" for name in table.names if name not in targets}
    return Preparation(
        roles={**roles, **dict.fromkeys(targets, "target")},
        scaling=scaling,
        split=Split(kind="stratified" if classes else "random", fraction=test_fraction, seed=seed),
        task=task,
    )


def with_usable_split(table: Table, preparation: Preparation) -> Preparation:
    """Return a preparation whose split goes with its target: values have no classes to give a share each."""
    targets = preparation.names("target")
    if preparation.split.kind != "stratified" or not all(name in table for name in targets):
        return preparation
    if len(targets) == 1 and holds_classes(table[targets[0]], preparation.task):
        return preparation
    return replace(preparation, split=replace(preparation.split, kind="random"))


def _check_choices(what: str, known: Sequence[str], given: Iterable[Any]) -> None:
    for value in given:
        if value not in known:
            raise DataError(f"“{value}” is not a {what}; there are {', '.join(known)}.")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(values: Mapping[str, Any]) -> dict[str, Any]:
    return {_text(name): _text(value) for name, value in values.items()}
