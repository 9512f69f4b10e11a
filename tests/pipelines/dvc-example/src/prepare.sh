# prepare.sh DATA OUT EVERY: writes OUT/train.csv and OUT/test.csv.
set -e
mkdir -p "$2"
awk -F, -v every="$3" -v out="$2" '
    NR == 1 { print > (out "/train.csv"); print > (out "/test.csv"); next }
    { print > (out (NR % every ? "/train.csv" : "/test.csv")) }
' "$1"
