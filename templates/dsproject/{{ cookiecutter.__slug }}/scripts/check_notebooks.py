"""Refuse notebooks with outputs: ``scripts/check_notebooks.py [FILE...]``.

Outputs are large, differ from run to run, and may show data that is nobody else's
business. Without arguments it looks at all that is in ``notebooks``.
"""

import json
import sys
from pathlib import Path
from typing import Any


def count_outputs(notebook: dict[str, Any]) -> int:
    """Return how many cells have outputs, or the number of the run that made them."""
    keys = ("outputs", "execution_count")
    return sum(any(cell.get(key) for key in keys) for cell in notebook["cells"])


def main(*names: str) -> int:
    """Name each notebook with outputs; return 1 if there is one."""
    paths = [Path(name) for name in names] or sorted(Path("notebooks").glob("*.ipynb"))
    status = 0
    for path in paths:
        count = count_outputs(json.loads(path.read_text(encoding="utf-8")))
        if count:
            status = 1
            print(f"{path}: cells with outputs: {count}. Clear them before you commit.")
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
