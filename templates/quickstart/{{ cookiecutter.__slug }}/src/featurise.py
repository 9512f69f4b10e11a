"""Make and choose the features: ``featurise.py IN OUT``."""

import sys
from pathlib import Path
from typing import Any

from files import read_json, read_params, write_json


def add_areas(flower: dict[str, Any]) -> dict[str, Any]:
    """Return the flower with the areas of petal and sepal, roughly."""
    areas = {
        f"{leaf}_area": flower[f"{leaf}_length"] * flower[f"{leaf}_width"]
        for leaf in ("petal", "sepal")
    }
    return {**flower, **areas}


def main(source: Path, out: Path) -> None:
    """Run the stage."""
    names = read_params("features")
    rows = [
        {"species": flower["species"], "x": [round(flower[name], 4) for name in names]}
        for flower in map(add_areas, read_json(source))
    ]
    write_json(out, rows)
    print(", ".join(names))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
