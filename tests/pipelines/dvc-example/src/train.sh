# train.sh DATA OUT --column NAME --trim FRACTION --digits N [--verbose]: means without the extremes.
set -e
data=$1 out=$2
shift 2
verbose=
while [ $# -gt 0 ]; do
    case $1 in
    --column) column=$2; shift 2 ;;
    --trim) trim=$2; shift 2 ;;
    --digits) digits=$2; shift 2 ;;
    --verbose) verbose=1; shift ;;
    *) echo "unknown option $1" >&2; exit 2 ;;
    esac
done
mkdir -p "$(dirname "$out")"
awk -F, -v column="$column" '
    NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) at = i; next }
    { print $NF "," $at }
' "$data" | LC_ALL=C sort -t, -k1,1 -k2,2n | awk -F, -v trim="$trim" -v digits="$digits" -v column="$column" '
    { value[$1, ++count[$1]] = $2 }
    END {
        for (name in count) {
            n = 0; sum = 0; cut = int(count[name] * trim)
            for (i = 1 + cut; i <= count[name] - cut; i++) { n++; sum += value[name, i] }
            printf "%s,%s,%." digits "f\n", column, name, sum / n
        }
    }
' | LC_ALL=C sort > "$out"
if [ -n "$verbose" ]; then
    cat "$out"
fi
