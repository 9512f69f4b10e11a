"""What the benches share: a place on XFS, one measured process, and a line for each figure.

Every row is a function registered with `row`; `main` runs those that are asked for and says which
figures missed their target. A figure is compared with a bar that was measured in the same run.
"""

import argparse
import atexit
import json
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MIB = 1 << 20
ROWS = {}


def row(name):
    def register(function):
        ROWS[name] = function
        return function
    return register


# --- one measured process ---------------------------------------------------------------------

class Sample:
    def __init__(self, wall, cpu, rss_mib):
        self.wall, self.cpu, self.rss = wall, cpu, rss_mib


def measure(bench, command, cwd, before=None, cold=False, n=3, check=True, env=None):
    """Medians over n runs; `before` resets the state and is not measured."""
    walls, cpus, rss = [], [], []
    for _ in range(n):
        if before:
            before()
        os.sync()
        if cold:
            drop_caches()
        start = time.perf_counter()
        child = subprocess.Popen(command, cwd=cwd, env=env or bench.env, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        errors = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        walls.append(time.perf_counter() - start)
        child.returncode = os.waitstatus_to_exitcode(status)
        if check and child.returncode != 0:
            raise Failed(f"{' '.join(command)}: exit {child.returncode}: {errors.decode()[-600:]}")
        cpus.append(usage.ru_utime + usage.ru_stime)
        rss.append(usage.ru_maxrss / 1024)
        if walls[-1] > 10:
            break
    return Sample(statistics.median(walls), statistics.median(cpus), max(rss))


def alternately(bench, n, *runs):
    """Medians of commands that take n turns each, so that what else the machine does meets all of them.
    Each is a command, where it runs, and what comes before."""
    return [middle(taken) for taken in turns(bench, n, *runs)]


def turns(bench, n, *runs):
    """The samples of commands that take turns: a list for each."""
    samples = [[] for _ in runs]
    for _ in range(n):
        for taken, (command, path, before) in zip(samples, runs):
            taken.append(measure(bench, command, path, before=before, n=1))
    return samples


def middle(taken):
    of = lambda figure: statistics.median(getattr(one, figure) for one in taken)
    return Sample(of("wall"), of("cpu"), max(one.rss for one in taken))


def on_top(with_it, without):
    """What one thing adds to another that took turns with it: the median of the differences. The
    memory is that of the larger."""
    pairs = [Sample(a.wall - b.wall, a.cpu - b.cpu, a.rss) for a, b in zip(with_it, without)]
    return middle(pairs)


def calls(bench, what, command, path, before=None):
    """Counts the system calls of the process and its children, and the syncs among them."""
    if not shutil.which("strace"):
        print(f"{what}: system calls are not counted: there is no strace", flush=True)
        return
    if before:
        before()
    with tempfile.NamedTemporaryFile("r") as table:
        run(["strace", "-f", "-c", "-o", table.name, *command], cwd=path, env=bench.env)
        lines = table.read().splitlines()
    count = {}
    for line in lines:
        found = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
        if found:
            count[found[2]] = int(found[1])
    all_calls = count.pop("total", None) or sum(count.values())
    syncs = sum(count.get(name, 0) for name in ("fsync", "fdatasync", "syncfs", "sync"))
    print(f"{'':13} {what:30} {all_calls} system calls, {syncs} of them syncs, "
          f"{count.get('execve', 0)} programs started", flush=True)


def drop_caches():
    with open("/proc/sys/vm/drop_caches", "w") as control:
        control.write("3")


class Failed(Exception):
    pass


def in_child(function, *arguments):
    """Runs in a process of its own: a child that is measured begins with the memory of this one."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            function(*arguments)
            status = 0
        except Exception as error:
            print(f"{function.__name__}: {error!r}", file=sys.stderr, flush=True)
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1] != 0:
        raise Failed(f"{function.__name__} failed")


# --- the place and the data -------------------------------------------------------------------

class Bench:
    def __init__(self, options):
        self.quick = options.quick
        self.scale = 10 if options.quick else 1
        self.results = []
        self.cleanups = []
        atexit.register(self.clean)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(130))
        self.root = self.own_directory(options.dir) if options.dir else self.image()
        home = os.path.join(self.root, "home")
        os.makedirs(home)
        target = os.environ.get("CARGO_TARGET_DIR", os.path.join(TOP, "target"))
        self.bin = os.path.join(target, "release")
        self.floor_bin = os.path.join(self.bin, "examples", "floor")
        self.env = {
            "PATH": self.bin + os.pathsep + os.environ["PATH"], "HOME": home, "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": "bench", "GIT_AUTHOR_EMAIL": "bench@example.org",
            "GIT_COMMITTER_NAME": "bench", "GIT_COMMITTER_EMAIL": "bench@example.org",
            "GIT_CONFIG_COUNT": "3",
            "GIT_CONFIG_KEY_0": "gc.auto", "GIT_CONFIG_VALUE_0": "0",
            "GIT_CONFIG_KEY_1": "init.defaultBranch", "GIT_CONFIG_VALUE_1": "main",
            "GIT_CONFIG_KEY_2": "maintenance.auto", "GIT_CONFIG_VALUE_2": "false",
        }

    def own_directory(self, parent):
        root = tempfile.mkdtemp(prefix="git-ml-bench-", dir=parent)
        self.cleanups.append(lambda: shutil.rmtree(root, ignore_errors=True))
        return root

    def image(self):
        work = self.own_directory(None)
        image, root = os.path.join(work, "image"), os.path.join(work, "mnt")
        os.mkdir(root)
        size = int(os.environ.get("BENCH_IMAGE_GB", "12"))
        with open(image, "wb") as file:
            file.truncate(size << 30)
        run(["mkfs.xfs", "-q", "-m", "reflink=1", image])
        try:
            device = output(["losetup", "--direct-io=on", "--find", "--show", image])
        except Failed:
            device = output(["losetup", "--find", "--show", image])
            print("no direct I/O on the loop device: cold figures are too good", file=sys.stderr)
        self.cleanups.append(lambda: run(["losetup", "--detach", device]))
        run(["mount", "-t", "xfs", device, root])
        self.cleanups.append(lambda: unmount(root))
        return root

    def clean(self):
        os.chdir("/")
        while self.cleanups:
            try:
                self.cleanups.pop()()
            except (Failed, OSError) as error:
                print(f"clean-up: {error}", file=sys.stderr)

    def path(self, *names):
        return os.path.join(self.root, *names)

    def git(self, *args, cwd):
        run(["git", *args], cwd=cwd, env=self.env)

    def mldata(self, *args, cwd):
        run(["git-mldata", *args], cwd=cwd, env=self.env)

    def floor(self, *args, before=None, cold=False, n=3):
        command = [self.floor_bin, *map(str, args)]
        return measure(self, command, self.root, before=before, cold=cold, n=n)

    def data(self, files, size, dirs, name=None):
        """A tree of `files` distinct files, made once a run; text that compresses to about half."""
        files = max(1, files // self.scale)
        root = self.path("data", name or f"{files}x{size}")
        if not os.path.isdir(root):
            in_child(make_files, root, files // dirs, size, dirs)
        return root, files // dirs * dirs

    def big(self):
        """One file of 4 GiB that does not compress."""
        path = self.path("data", "big")
        if not os.path.exists(path):
            in_child(make_big, path, 4096 // self.scale)
        return path

    def repository(self, name, data=None, mldata=True):
        """A repository with a reflinked copy of `data` in `data/`; committed if Git's own."""
        path = self.path(name)
        run(["git", "init", "-q", path], env=self.env)
        if mldata:
            self.mldata("init", cwd=path)
            commit(self, path, "begin")
        if data:
            run(["cp", "-a", "--reflink=auto", data, os.path.join(path, "data")])
        return path

    def report(self, name, what, ours, bar, bar_name, target, unit="x", figure="wall"):
        """One line: `ours` against `target` times `bar`, or against `target` itself."""
        value = getattr(ours, figure)
        limit = target * getattr(bar, figure) if bar else target
        ok = value <= limit
        self.results.append({
            "row": name, "what": what, "figure": figure, "ours": value, "bar": bar_name,
            "bar_value": getattr(bar, figure) if bar else None, "target": target,
            "ratio": value / getattr(bar, figure) if bar and getattr(bar, figure) else None,
            "ok": ok, "wall": ours.wall, "cpu": ours.cpu, "rss_mib": ours.rss,
        })
        shown = seconds if figure != "rss" else (lambda mib: f"{mib:.0f} MiB")
        against = f"{bar_name} {shown(getattr(bar, figure))}" if bar else ""
        ratio = f"{value / getattr(bar, figure):.2f}x" if bar and getattr(bar, figure) else ""
        goal = f"{target}x" if bar else shown(target)
        print(f"{name:13} {what:30} {figure:4} {shown(value):>9} {against:>24} {ratio:>7} "
              f"<= {goal:>8}  {'ok' if ok else 'MISSED'}, cpu {seconds(ours.cpu)}", flush=True)

    def info(self, name, what, sample):
        print(f"{name:13} {what:30} wall {seconds(sample.wall):>9}   cpu {seconds(sample.cpu)}, "
              f"{sample.rss:.0f} MiB", flush=True)


def write(path, name, text):
    with open(os.path.join(path, name), "w") as file:
        file.write(text)


def make_files(root, each, size, dirs):
    source = random.Random(20261121)
    noise = "".join(source.choices("0123456789abcdef,.\n", k=1 << 20))
    at = 0
    for directory in range(dirs):
        path = os.path.join(root, f"d{directory:04}")
        os.makedirs(path)
        for _ in range(each):
            start = source.randrange(len(noise) - size)
            with open(os.path.join(path, f"f{at:07}.csv"), "w") as file:
                file.write((f"{at}," + noise[start:start + size])[:size])
            at += 1


def make_big(path, size_mib):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    source = random.Random(4)
    with open(path, "wb") as file:
        for _ in range(size_mib):
            file.write(source.randbytes(MIB))


def seconds(value):
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def run(command, cwd=None, env=None):
    done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit {done.returncode}: {done.stderr.decode()[-600:]}")
    return done.stdout.decode()


def output(command):
    return run(command).strip()


def unmount(root):
    for _ in range(20):
        if subprocess.run(["umount", root], stderr=subprocess.DEVNULL).returncode == 0:
            return
        time.sleep(0.5)
    raise Failed(f"cannot unmount {root}")


def commit(bench, path, message):
    bench.git("add", "-A", cwd=path)
    bench.git("commit", "-q", "-m", message, cwd=path)


def remove(*paths):
    for path in paths:
        if os.path.isdir(path) and not os.path.islink(path):
            run(["rm", "-rf", path])
        elif os.path.lexists(path):
            os.remove(path)


def same_content(a, b):
    """Compares two trees completely: names, kinds and bytes."""
    run(["diff", "-r", "--no-dereference", a, b])


def modes():
    return (("warm", False), ("cold", True)) if os.geteuid() == 0 else (("warm", False),)


# --- main -------------------------------------------------------------------------------------

def main(description, examples=()):
    """Runs the rows that the command line names. Exit code: 1 if a target is missed, 3 if a row failed."""
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW")
    parser.add_argument("--quick", action="store_true", help="ten times smaller sets")
    parser.add_argument("--dir", help="work below this directory instead of in an image")
    parser.add_argument("--json", help="write all results to this file")
    parser.add_argument("--list", action="store_true", help="list the rows")
    parser.add_argument("--no-build", action="store_true", help="measure what is built already")
    options = parser.parse_args()
    if options.list:
        print("\n".join(ROWS))
        return 0
    unknown = [name for name in options.rows if name not in ROWS]
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    if not options.dir and os.geteuid() != 0:
        parser.error("mounting an image needs root; use --dir with a directory on XFS or btrfs")
    if not options.no_build:
        built = [word for name in examples for word in ("--example", name)]
        subprocess.run(["cargo", "build", "--release", "--locked", "--bins", *built], cwd=TOP, check=True)
    bench = Bench(options)
    failed = False
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}, {run(['git', '--version']).strip()}")
    for name in options.rows or ROWS:
        try:
            ROWS[name](bench)
        except Failed as error:
            failed = True
            print(f"{name:13} FAILED: {error}", flush=True)
            # What it left must not be in the way of the next.
            remove(*(bench.path(left) for left in os.listdir(bench.root) if left != "home"))
    missed = [result for result in bench.results if not result["ok"]]
    print(f"{len(bench.results)} figures, {len(missed)} missed" + (", rows failed" if failed else ""))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(bench.results, file, indent=1)
    return 3 if failed else 1 if missed else 0

