"""Read the measurements: ``load.py CSV OUT``."""

import csv
import sys
from pathlib import Path
from typing import Any

from files import write_json

LABEL = "species"


def read_flowers(path: Path) -> list[dict[str, Any]]:
    """Return the flowers of a table with numbers as numbers, each flower once."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    unique = {tuple(row.values()): row for row in rows}.values()
    return [
        {name: text if name == LABEL else float(text) for name, text in row.items()}
        for row in unique
    ]


def main(source: Path, out: Path) -> None:
    """Run the stage."""
    flowers = read_flowers(source)
    write_json(out, flowers)
    print(f"{len(flowers)} flowers")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
