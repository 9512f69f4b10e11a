"""Prints, as JSON, what DVC makes of the pipelines in the given directories.

Each directory is copied to a new project. A pipeline that DVC refuses is null.
"""

import json
import os
import shutil
import sys
import tempfile

from dvc.dependency import ParamsDependency
from dvc.dvcfile import load_file
from dvc.exceptions import DvcException
from dvc.repo import Repo


def out_kind(out):
    return "plot" if out.plot else "metric" if out.metric else "out"


def stage(name, found, root):
    def place(path):
        inside = path == root or path.startswith(root + os.sep)
        return os.path.relpath(path, root) if inside else path

    params = [dep for dep in found.deps if isinstance(dep, ParamsDependency)]
    deps = [dep for dep in found.deps if not isinstance(dep, ParamsDependency)]
    return {
        "name": name,
        "cmd": found.cmd,
        "wdir": place(found.wdir),
        "deps": list(dict.fromkeys(place(dep.fs_path) for dep in deps)),
        "params": {place(dep.fs_path): list(dict.fromkeys(dep.params)) for dep in params},
        "outs": [
            {
                "path": place(out.fs_path),
                "kind": out_kind(out),
                "cache": bool(out.use_cache),
                "persist": bool(out.persist),
                "push": bool(out.can_push),
                "remote": out.remote,
                "desc": out.annot.desc,
                "type": out.annot.type,
                "labels": out.annot.labels or [],
            }
            for out in found.outs
        ],
        "frozen": bool(found.frozen),
        "always_changed": bool(found.always_changed),
        "desc": found.desc,
        "meta": found.meta,
        "used": {file: sorted(keys) for file, keys in found.tracked_vars.items()},
    }


def resolve(directory):
    root = os.path.realpath(tempfile.mkdtemp())
    try:
        shutil.copytree(directory, root, dirs_exist_ok=True)
        os.chdir(root)
        repo = Repo.init(root, no_scm=True)
        file = load_file(repo, "dvc.yaml")
        artifacts = {name: found["path"] for name, found in file.artifacts.items()}
        return {
            "stages": [stage(name, file.stages[name], root) for name in file.stages],
            "params": file.params,
            "metrics": file.metrics,
            "artifacts": artifacts,
        }
    except DvcException as error:
        print(f"{directory}: {error}", file=sys.stderr)
        return None
    finally:
        os.chdir("/")
        shutil.rmtree(root)


if __name__ == "__main__":
    # DVC writes messages to standard output.
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    found = {os.path.basename(path): resolve(path) for path in [os.path.abspath(path) for path in sys.argv[1:]]}
    json.dump(found, answer, indent=1, sort_keys=True)
