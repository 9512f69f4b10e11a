#!/bin/sh
# The five-minute tour: version data, share it, get it back, change it, go back; then train a model on
# it with a pipeline, change a parameter and the code, compare the two runs, and get the result, and the
# run before it, in a clone. Runs in a temporary directory, touches nothing else, checks every byte, and
# fails if one is wrong. The pipeline wants python3, of which it uses the standard library only.
#
#   sh tests/tour.sh            KEEP=1 keeps the directory; MLDATA_BIN names where the programs are

set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 3
iris=$here/data/iris.csv

# Only what is set here counts: no settings, no hooks and no identity of the machine's.
for name in $(git rev-parse --local-env-vars); do
    unset "$name"
done
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null LC_ALL=C
export GIT_AUTHOR_NAME=Tour GIT_AUTHOR_EMAIL=tour@example.org
export GIT_COMMITTER_NAME=Tour GIT_COMMITTER_EMAIL=tour@example.org
PATH=${MLDATA_BIN:+$MLDATA_BIN:}$PATH:${CARGO_HOME:-${HOME:-/nonexistent}/.cargo}/bin
export PATH

fail() {
    printf '\ntour: FAILED: %s\n' "$*" >&2
    exit 1
}

command -v git >/dev/null || fail "git is not installed"
for program in git-mldata git-mlrun; do
    command -v "$program" >/dev/null ||
        fail "$program is not on PATH; run: cargo install --locked --path ."
done

tour=$(mktemp -d "${TMPDIR:-/tmp}/git-mldata-tour.XXXXXX") || exit 3
tour=$(cd "$tour" && pwd -P) || exit 3
finish() {
    status=$?
    trap - EXIT
    cd / || exit 3
    if [ -n "${KEEP:-}" ]; then
        printf 'kept: %s\n' "$tour"
    else
        chmod -R u+w "$tour" 2>/dev/null
        rm -rf "$tour"
    fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Milliseconds, or whole seconds where date knows no fractions.
now() {
    stamp=$(date +%s%N)
    case $stamp in
    *[!0-9]*) stamp=$(date +%s)000 ;;
    *) stamp=${stamp%??????} ;;
    esac
    printf '%s' "$stamp"
}

quote() {
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./=:-]* | '') printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
}

say() {
    printf '\n# %s\n' "$*"
}

# Shows a command, runs it, and says how long it took.
step() {
    printf '$%s\n' "$(quote "$@")"
    begin=$(now)
    "$@" || fail "exit code $?:$(quote "$@")"
    printf '    [%d ms]\n' "$(($(now) - begin))"
}

if command -v sha256sum >/dev/null; then
    sums=sha256sum
else
    sums='shasum -a 256'
fi

# Hash and name of every file below data/, then links, executable bits and directories. Pointers and
# ignore files are Git's own.
listing() {
    (
        cd "$1/data" || exit 1
        # shellcheck disable=SC2086 # two words on purpose
        find . -type f ! -name '*.mldata' ! -name .gitignore -exec $sums {} + | sort -k 2
        find . -type l -exec sh -c 'printf "link %s %s\n" "$1" "$(readlink "$1")"' link {} \; | sort
        find . -type f -perm -100 | sed 's/^/exec /' | sort
        find . -type d | sed 's/^/dir /' | sort
    ) >"$2" || fail "cannot list $1/data"
}

same() {
    cmp -s "$1" "$2" || {
        diff "$1" "$2" | head -5 >&2
        fail "$3"
    }
}

printf 'git-mldata tour in %s\n' "$tour"
cd "$tour" || exit 3

say "A repository, and data in it: Fisher's iris flowers, and 3,000 generated files."
step git init -q -b main project
cd project || exit 3
step git mldata init
mkdir -p data/readings/empty
cp "$iris" data/iris.csv || fail "no $iris"
awk 'BEGIN {
    for (d = 0; d < 30; d++) {
        system("mkdir -p data/readings/day-" d)
        for (i = 0; i < 100; i++) {
            file = sprintf("data/readings/day-%d/sensor %02d.csv", d, i)
            for (row = 0; row < 20; row++)
                printf "%d,%d,%d,%.3f\n", d, i, row, (d * 7919 + i * 104729 + row * 31) % 99991 / 7 > file
            close(file)
        }
    }
}'
: >data/readings/nothing.csv
printf '#!/bin/sh\nwc -l day-*/*\n' >data/readings/count.sh
chmod +x data/readings/count.sh
ln -s day-0 data/readings/first
listing . "$tour/version-1"

say "Put the data under version control: two pointers for Git, the bytes in the cache."
step git mldata add data/iris.csv data/readings
cat data/iris.csv.mldata
step git add -A
step git commit -q -m 'Iris and readings'
[ -z "$(git ls-files data/iris.csv data/readings)" ] || fail "Git tracks the data itself"

say "Share it: a directory here, or a mounted disk."
step git mldata remote add -d store "$tour/store"
step git add -A
step git commit -q -m 'Name the store'
step git mldata push
step git mldata push

say "Somebody else: clone, pull, and every byte is there."
cd "$tour" || exit 3
step git clone -q project clone
cd clone || exit 3
step git mldata init
step git mldata pull
listing . "$tour/pulled"
same "$tour/version-1" "$tour/pulled" "the clone's data differs"
step git mldata status

say "Change two files on a branch."
step git switch -q -c relabel
printf '5.0,3.4,1.5,0.2,setosa\n' >>data/iris.csv
printf 'corrected\n' >>'data/readings/day-7/sensor 42.csv'
rm 'data/readings/day-8/sensor 00.csv'
listing . "$tour/version-2"
# Exit code 1 would say that there are changes, were it asked for: --exit-code.
step git mldata status
step git mldata add data/iris.csv data/readings
step git commit -q -a -m 'Correct a reading, add a flower'
step git mldata push

say "Switch back and forth: the data comes along."
step git switch -q main
listing . "$tour/back"
same "$tour/version-1" "$tour/back" "main's data did not come back"
step git switch -q relabel
listing . "$tour/forth"
same "$tour/version-2" "$tour/forth" "the branch's data did not come back"

say "The first repository takes the change over."
cd "$tour/project" || exit 3
step git pull -q --no-rebase "$tour/clone" relabel
step git mldata pull
listing . "$tour/taken"
same "$tour/version-2" "$tour/taken" "the change did not arrive"

say "What is displaced is kept: an edit that was never added, overwritten by force."
printf 'an edit that nobody saved\n' >>data/iris.csv
if git mldata checkout data/iris.csv 2>/dev/null; then
    grep -q 'nobody saved' data/iris.csv || fail "checkout destroyed an edit"
fi
step git mldata checkout --force data/iris.csv
listing . "$tour/forced"
same "$tour/version-2" "$tour/forced" "checkout --force did not restore the file"
step git mldata recover list
id=$(git mldata recover list | sed -n '1s/[^0-9A-Za-z-].*//p')
step git mldata recover restore "$id" data/iris.csv
grep -q 'nobody saved' data/iris.csv || fail "recover did not bring the edit back"
step git mldata checkout --force data/iris.csv
listing . "$tour/forced"
same "$tour/version-2" "$tour/forced" "checkout --force did not restore the file again"

# Fails unless a command that would bring the pipeline up to date would run just these stages.
would_run() {
    planned=$(git mlrun repro -q -n --json | sed -n '
        s/^ *"stage": "\(.*\)",$/\1/
        t keep
        /"outcome": "would-run"/ { x; p; x; }
        b
        :keep
        h' | tr '\n' ' ')
    [ "$planned" = "$1" ] || fail "repro would run '$planned' and not '$1'"
}

clones="$tour/project $tour/clone"
if ! command -v python3 >/dev/null; then
    say "LEFT OUT: the pipeline, because there is no python3."
else
    say "A pipeline: from the flowers to a model, in five stages."
    cp -R "$here/tour/." . || fail "no $here/tour"
    step git mlrun dag
    would_run 'load featurise split train evaluate '
    step git mlrun repro
    cat metrics.json && echo
    step git add -A
    step git commit -q -m 'Pipeline, and what it made'
    made='work/flowers.json work/features.json work/split/train.json work/split/test.json
        work/model.json metrics.json loss.csv confusion.csv params.json src/train.py mlrun.lock'
    mkdir "$tour/first"
    for file in $made; do
        mkdir -p "$tour/first/$(dirname "$file")" && cp "$file" "$tour/first/$file"
    done

    say "Again: nothing has to run."
    would_run ''
    step git mlrun repro
    [ -z "$(git status --porcelain)" ] || fail "the second run changed something"

    say "Another parameter and other code: what they have to do with runs, and the results are compared."
    sed 's/"epochs": 30/"epochs": 300/' params.json >params.new && mv params.new params.json
    sed 's|params\["rate"\] \*|params["rate"] / (1 + epoch / 200) *|' src/train.py >train.new
    mv train.new src/train.py
    step git mlrun status
    would_run 'train evaluate '
    step git mlrun repro
    step git mlrun params diff
    step git mlrun metrics diff
    step git mlrun plots diff -o "$tour/plots.html"
    grep -q '<svg' "$tour/plots.html" || fail "plots.html has no drawing"
    git mlrun params diff | grep -q epochs || fail "params diff does not show the parameter"
    git mlrun metrics diff -q --exit-code >/dev/null && fail "metrics diff sees no difference"

    say "Every run is on record: with which code and parameters, and what came of it."
    step git mlrun log
    step git mlrun show last
    step git mlrun diff last~1 last --patch -- src params.json
    git mlrun diff last~1 last | grep -q 'train.epochs' || fail "diff does not show the parameter"
    git mlrun diff last~1 last --patch | grep -q '^+.*epoch / 200' || fail "diff does not show the code"
    git mlrun show last --json | grep -q '"name": "loss"' || fail "the curve of the loss is not there"

    say "The commit names its run; runs are pushed with the data that they name."
    step git commit -q -a -m 'Train for longer'
    run=$(git log -1 --format='%(trailers:key=Mlrun-Run,valueonly)')
    git mlrun show "$run" --json | grep -q "$run" || fail "the commit does not name its run"
    git init -q --bare "$tour/hub.git"
    git remote add hub "$tour/hub.git"
    step git mldata push
    step git mlrun push hub
    step git push -q hub HEAD

    say "Somebody else has it all from a clone, and nothing has to run there."
    step git clone -q -b "$(git symbolic-ref --short HEAD)" "$tour/hub.git" "$tour/fresh"
    cd "$tour/fresh" || exit 3
    [ -z "$(git for-each-ref refs/mlrun)" ] || fail "a clone brought runs that nobody asked for"
    step git mldata init
    step git mldata pull
    step git mlrun repro
    [ -z "$(git status --porcelain)" ] || fail "repro in the clone changed something"
    for file in work/flowers.json work/features.json work/split/train.json work/split/test.json \
        work/model.json metrics.json; do
        same "$tour/project/$file" "$file" "$file of the clone differs"
    done

    say "The runs come when they are asked for, and the first one is restored, byte for byte."
    here_branch=$(git symbolic-ref --short HEAD)
    step git mlrun pull
    step git mlrun log
    step git mlrun restore last~1 -b first-run
    for file in $made; do
        same "$tour/first/$file" "$file" "$file was not restored as it was"
    done
    would_run ''
    step git switch -q "$here_branch"

    say "Parameter and code as they were: the first model comes out of the cache, no command runs."
    cd "$tour/project" || exit 3
    git restore --source=HEAD~1 params.json src/train.py
    step git mlrun repro
    git mlrun metrics diff -q --exit-code HEAD~1 || fail "the first metrics did not come back"
    step git restore .
    step git mldata checkout
    would_run ''
    clones="$clones $tour/fresh"
fi

say "Nothing is left over."
for repository in $clones; do
    cd "$repository" || exit 3
    [ -z "$(git status --porcelain)" ] || fail "git status is not clean in $repository"
    step git mldata status --exit-code
done

files=$(grep -c '^[0-9a-f]\{64\} ' "$tour/version-2")
printf '\ntour: OK: %d files, two versions, two repositories; every SHA-256 agrees.\n' "$files"
