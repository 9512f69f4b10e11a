"""Holds the tables beside this file against the readers that DVC uses.

Needs Python with `dvc` and `pyyaml`; the Rust tests need neither. `--write` asks ruamel.yaml anew
what the scalars of `yaml-scalars` mean.
"""

import datetime
import json
import pathlib
import sys

import yaml
from dvc.utils.serialize import parse_py
from ruamel.yaml import YAML

HERE = pathlib.Path(__file__).parent


def ruamel(text):
    return YAML(typ="safe").load(text)


def meaning(scalar):
    try:
        value = ruamel(f"a: {scalar}")["a"]
    except Exception:
        return "error"
    match value:
        case None:
            return "null"
        case bool():
            return f"bool {value}".lower()
        case int():
            return f"int {value}"
        case float():
            return f"float {value!r}"
        case datetime.date():
            return "date"
    return "string"


def check_scalars(write):
    path = HERE / "yaml-scalars"
    scalars = [line.split("\t")[0] for line in path.read_text().splitlines()]
    table = "".join(f"{scalar}\t{meaning(scalar)}\n" for scalar in scalars)
    if write:
        path.write_text(table)
    assert path.read_text() == table, "yaml-scalars"
    return len(scalars)


def check_strings():
    count = 0
    for line in (HERE / "yaml-strings").read_text().split("\n")[:-1]:
        string, block, flow = line.split("\t")
        want = json.loads(string)
        cases = {
            f"- {block}\n": [want],
            f"k: {block}\n": {"k": want},
            f"k:\n  - {block}\n  - x: {block}\n": {"k": [want, {"x": want}]},
            f"[{flow}, {flow}]": [want, want],
            f"{{k: {flow}, l: [{flow}]}}": {"k": want, "l": [want]},
        }
        if len(block) <= 1000:
            cases |= {f"{block}: 1\n": {want: 1}, f"{{{flow}: 1}}": {want: 1}}
        else:
            cases |= {f"{{? {flow} : 1}}": {want: 1}}
        for text, value in cases.items():
            for reader in (ruamel, yaml.safe_load):
                count += 1
                assert reader(text) == value, (text, reader)
    return count


def check_python():
    found = parse_py((HERE / "python-params.py").read_text(), "python-params.py")
    for name in ("IMAGINARY", "BYTES", "DOTS", "TUPLE_KEY"):
        del found[name]  # no other format has such values
    assert plain(found) == json.loads((HERE / "python-params.json").read_text())
    return len(found)


def plain(value):
    match value:
        case dict():
            return {k if isinstance(k, str) else json.dumps(k): plain(v) for k, v in value.items()}
        case list() | tuple() | set():
            return [plain(item) for item in value]
    return value


print(check_scalars("--write" in sys.argv), "scalars,", check_strings(), "strings,", end=" ")
print(check_python(), "Python parameters")
