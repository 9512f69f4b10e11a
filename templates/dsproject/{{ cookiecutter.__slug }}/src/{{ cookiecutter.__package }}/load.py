"""Stage `load`: leave out rows that are incomplete or there twice."""

import sys
from pathlib import Path

from .config import load_config
from .paths import CLEAN
from .tables import Row, read_rows, write_rows


def clean(rows: list[Row]) -> list[Row]:
    """Return the complete rows in their order, each once."""
    complete = [row for row in rows if all(row.values())]
    return list({tuple(row.values()): row for row in complete}.values())


def main(*overrides: str) -> None:
    """Run the stage."""
    config = load_config(*overrides)
    rows = read_rows(Path(config["data"]["raw"]))
    kept = clean(rows)
    write_rows(CLEAN, kept)
    print(f"kept {len(kept)} of {len(rows)} rows")


if __name__ == "__main__":
    main(*sys.argv[1:])
