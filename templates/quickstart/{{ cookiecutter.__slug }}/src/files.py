"""Reading and writing the files that go from stage to stage."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

PARAMS = Path("params.json")


def read_params(key: str) -> Any:
    """Return what ``params.json`` has under ``key``."""
    return read_json(PARAMS)[key]


def read_json(path: Path) -> Any:
    """Return the content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file, and the directory for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table, and the directory for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)
