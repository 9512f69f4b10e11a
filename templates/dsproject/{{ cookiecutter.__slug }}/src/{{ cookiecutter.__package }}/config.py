"""The configuration: ``configs/config.yaml`` and the files of groups that it chooses.

The layout is Hydra's: the list ``defaults`` names one file of each group, whose
content comes under the name of the group; ``_self_`` stands for the main file. Of two
values for one key the later entry's counts.
"""

from pathlib import Path
from typing import Any

import yaml

Config = dict[str, Any]

MAIN = Path("configs/config.yaml")


def find_root(start: Path | None = None) -> Path:
    """Return the directory of the project: the nearest one upward with ``configs``."""
    here = (start or Path.cwd()).resolve()
    for directory in (here, *here.parents):
        if (directory / MAIN).is_file():
            return directory
    raise FileNotFoundError(f"no {MAIN} in {here} or above it")


def load_config(*overrides: str, root: Path | None = None) -> Config:
    """Return the configuration, changed by texts like ``model=forest`` or ``seed=1``.

    An override chooses the file of a group, or sets a value that is there already, by
    its path with dots.
    """
    folder = ((root or find_root()) / MAIN).parent
    main = read_yaml(folder / MAIN.name)
    defaults = main.pop("defaults", [])
    if "_self_" not in defaults:
        defaults = [*defaults, "_self_"]
    given = dict(parse_override(text) for text in overrides)

    config: Config = {}
    for item in defaults:
        if item == "_self_":
            merge(config, main)
            continue
        for group, name in item.items():
            choice = folder / group / f"{given.pop(group, name)}.yaml"
            merge(config, {group: read_yaml(choice)})
    for path, value in given.items():
        set_value(config, path, value)
    return config


def parse_override(text: str) -> tuple[str, Any]:
    """Return the path and the value of ``path=value``; the value is YAML."""
    path, equals, value = text.partition("=")
    if not path or not equals:
        raise ValueError(f"expected path=value, found {text!r}")
    return path, yaml.safe_load(value)


def read_yaml(path: Path) -> Config:
    """Return what a YAML file holds; nothing, if it is empty."""
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def merge(config: Config, other: Config) -> None:
    """Put ``other`` into ``config``: maps go into each other, all else is replaced."""
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            merge(config[key], value)
        else:
            config[key] = value


def set_value(config: Config, path: str, value: Any) -> None:
    """Replace the value at a path with dots. One has to be there, as typos happen."""
    *parents, last = path.split(".")
    place: Any = config
    for key in parents:
        place = place.get(key) if isinstance(place, dict) else None
    if not isinstance(place, dict) or last not in place:
        raise KeyError(f"the configuration has no {path}")
    place[last] = value
