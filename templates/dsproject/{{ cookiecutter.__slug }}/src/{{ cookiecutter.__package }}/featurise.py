"""Stage `featurise`: make and choose the features."""

import sys
from collections.abc import Sequence

from .config import load_config
from .paths import CLEAN, FEATURES
from .tables import Row, read_rows, write_rows


def add_areas(row: Row) -> Row:
    """Return the row with the areas of sepal and petal, taken for rectangles."""
    areas = {
        f"{leaf}_area": float(row[f"{leaf}_length"]) * float(row[f"{leaf}_width"])
        for leaf in ("sepal", "petal")
    }
    return {**row, **{name: round(area, 4) for name, area in areas.items()}}


def choose(row: Row, features: Sequence[str], target: str) -> Row:
    """Return the columns that the model gets, the target last."""
    return {name: row[name] for name in (*features, target)}


def main(*overrides: str) -> None:
    """Run the stage."""
    config = load_config(*overrides)
    features, target = config["data"]["features"], config["data"]["target"]
    rows = [add_areas(row) for row in read_rows(CLEAN)]
    write_rows(FEATURES, (choose(row, features, target) for row in rows))
    print(", ".join(features))


if __name__ == "__main__":
    main(*sys.argv[1:])
