"""Render the cases of the parity set with the real cookiecutter.

Reads from standard input a list of cases (`name`, `template`, `given`, `defaults`, `flavour`) and
prints, for each name, the error or the tree that was written. One process for all: starting one takes
longer than rendering every case.
"""

import json
import os
import pathlib
import shutil
import stat
import sys
import tempfile
import warnings


def main():
    home = tempfile.mkdtemp(prefix="parity-home-")
    os.environ.clear()
    os.environ.update(HOME=home, PATH="/usr/bin:/bin", LC_ALL="C.UTF-8")
    try:
        report = render_all(json.load(sys.stdin), home)
    finally:
        shutil.rmtree(home)
    json.dump(report, sys.stdout)


def render_all(cases, home):
    import arrow
    import cookiecutter
    import cookiecutter.extensions

    moment = arrow.get("2024-02-29T12:34:56+00:00")

    class FixedClock:
        """The one function of `arrow` that the `now` tag calls."""

        @staticmethod
        def now(zone):
            return moment.to(zone)

    cookiecutter.extensions.arrow = FixedClock
    # Cases of cookiecutter-data-science last: it changes cookiecutter for good.
    cases.sort(key=lambda case: case["flavour"] == "ccds")
    results = {}
    ccds = None
    for case in cases:
        if case["flavour"] == "ccds" and ccds is None:
            ccds = become_ccds()
        if case["flavour"] == "ccds" and not ccds:
            results[case["name"]] = {"skipped": "cookiecutter-data-science is not installed"}
            continue
        results[case["name"]] = render(case, home)
    return {"version": cookiecutter.__version__, "cases": results}


def become_ccds():
    """Do to cookiecutter what the program `ccds` does to it."""
    try:
        from ccds import monkey_patch
    except ImportError:
        return False
    import cookiecutter.environment
    import cookiecutter.main
    import jinja2
    from cookiecutter.prompt import read_user_dict

    cookiecutter.environment.StrictUndefined = jinja2.Undefined
    cookiecutter.main.prompt_for_config = monkey_patch.prompt_for_config
    cookiecutter.main.generate_context = monkey_patch.generate_context_wrapper
    monkey_patch.read_user_dict = read_user_dict
    return True


def render(case, home):
    from cookiecutter.main import cookiecutter

    out = pathlib.Path(tempfile.mkdtemp(prefix="out-", dir=home), "out")
    out.mkdir()
    replaced = {case["template"]: "/parity/template", str(out): "/parity/out"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            project = cookiecutter(
                case["template"],
                no_input=True,
                extra_context=case["given"],
                default_config={"default_context": case["defaults"]},
                output_dir=str(out),
                accept_hooks=False,
            )
    except BaseException as error:  # A template can raise anything, and exit.
        return {"error": f"{type(error).__name__}: {error}"}
    nodes = {}
    for folder, folders, files in os.walk(project):
        for name in folders + files:
            path = pathlib.Path(folder, name)
            nodes[str(path.relative_to(project))] = describe(path, replaced)
    return {"project": os.path.relpath(project, out), "nodes": nodes}


def describe(path, replaced):
    if path.is_dir():
        return {"kind": "directory"}
    content = path.read_bytes()
    for place, shown in replaced.items():
        content = content.replace(place.encode(), shown.encode())
    executable = bool(path.stat().st_mode & stat.S_IXUSR)
    return {"kind": "executable" if executable else "file", "hex": content.hex()}


main()
