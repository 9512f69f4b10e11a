"""Choose the features and scale them: ``featurise.py IN OUT``."""

import statistics
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


def scale(values: list[float]) -> list[float]:
    """Return the values with mean 0 and standard deviation 1."""
    mean, deviation = statistics.fmean(values), statistics.pstdev(values)
    return [round((value - mean) / deviation, 6) for value in values]


def main(source: Path, out: Path) -> None:
    """Run the stage."""
    names = read_params("features")
    flowers = [add_areas(flower) for flower in read_json(source)]
    columns = [scale([flower[name] for flower in flowers]) for name in names]
    rows = [
        {"species": flower["species"], "x": x}
        for flower, x in zip(flowers, zip(*columns))
    ]
    write_json(out, rows)
    print(", ".join(names))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
