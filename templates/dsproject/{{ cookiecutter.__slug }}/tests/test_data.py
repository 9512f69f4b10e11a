"""Rows are read, cleaned, extended and split."""

from pathlib import Path

import pytest

from {{ cookiecutter.__package }}.featurise import add_areas, choose
from {{ cookiecutter.__package }}.load import clean
from {{ cookiecutter.__package }}.split import split
from {{ cookiecutter.__package }}.tables import read_rows, to_arrays, write_rows

FLOWER = {
    "sepal_length": "5.1",
    "sepal_width": "3.5",
    "petal_length": "1.4",
    "petal_width": "0.2",
    "species": "setosa",
}


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    """A table survives its file, whose directory is made."""
    path = tmp_path / "new" / "rows.csv"
    write_rows(path, [FLOWER, FLOWER])
    assert read_rows(path) == [FLOWER, FLOWER]


def test_a_table_needs_rows(tmp_path: Path) -> None:
    """Without rows there are no columns."""
    with pytest.raises(ValueError, match="no rows"):
        write_rows(tmp_path / "rows.csv", [])


def test_what_is_incomplete_or_there_twice_goes() -> None:
    """The other rows keep their order."""
    other = {**FLOWER, "petal_width": "0.3"}
    incomplete = {**FLOWER, "sepal_width": ""}
    assert clean([FLOWER, incomplete, other, FLOWER]) == [FLOWER, other]


def test_areas_are_products() -> None:
    """A leaf counts as a rectangle."""
    row = add_areas(FLOWER)
    assert (row["sepal_area"], row["petal_area"]) == (17.85, 0.28)


def test_only_chosen_columns_stay() -> None:
    """The target comes last."""
    row = choose(FLOWER, ["petal_width"], "species")
    assert list(row) == ["petal_width", "species"]


def test_arrays_leave_the_target_out() -> None:
    """The target is not a feature."""
    x, y = to_arrays([{"a": "1", "kind": "p", "b": "2"}], "kind")
    assert (x.tolist(), y.tolist()) == ([[1.0, 2.0]], ["p"])


def test_a_split_keeps_shares_and_depends_on_the_seed_alone() -> None:
    """Each class gives its share, and each row is on one side."""
    rows = [{"n": n, "kind": "pq"[n % 2]} for n in range(20)]
    train, test = split(rows, "kind", 0.3, seed=1)
    assert (train, test) == split(rows, "kind", 0.3, seed=1)
    assert sorted(row["n"] for row in train + test) == list(range(20))
    assert [row["kind"] for row in test].count("p") == 3
