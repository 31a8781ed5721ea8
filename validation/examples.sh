#!/bin/sh
# Runs what a newcomer would: every shipped config is checked, every chip runs every small trace,
# every loop kernel runs, an installed copy works and can be embedded,
# the man page knows every option, every command in the README works.
# usage: examples.sh PATH/TO/cleave
set -eu
cleave=$(realpath "$1")
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
checks=0

expect() { # command...: must succeed and print something
    if ! "$@" >"$scratch/out" 2>"$scratch/err" || ! [ -s "$scratch/out" ]; then
        echo "failed: $*" >&2
        cat "$scratch/err" >&2
        exit 1
    fi
    checks=$((checks + 1))
}

refuse() { # status, command...: must fail with it and one sentence
    wanted=$1
    shift
    status=0
    "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
    if [ "$status" != "$wanted" ] || ! [ -s "$scratch/err" ]; then
        echo "exit status $status instead of $wanted: $*" >&2
        cat "$scratch/err" >&2
        exit 1
    fi
    checks=$((checks + 1))
}

for config in configs/*/*.conf; do
    expect "$cleave" check "$config"
done
for folder in chips memories processes studies; do # what a config is does not hang on its folder
    for config in configs/$folder/[a-d]*.conf; do
        cp "$config" "$scratch/copy.conf"
        expect "$cleave" check "$scratch/copy.conf"
    done
done
expect "$cleave" --help
expect "$cleave" --version
for kind in chips processes memories operators workloads cases studies; do
    expect "$cleave" list "$kind"
    expect "$cleave" list "$kind" --format csv
done

for graph in traces/onnx/*.onnx; do
    name=$(basename "$graph" .onnx)
    "$cleave" trace import "$graph" -o "$scratch/$name.trace" >"$scratch/out"
    expect "$cleave" trace show "$scratch/$name.trace"
    expect "$cleave" check "$scratch/$name.trace"
done
"$cleave" trace new gemm --m 64 --k 64 --n 64 -o "$scratch/gemm.trace" >"$scratch/out"
for chip in configs/chips/*.conf; do
    name=$(basename "$chip" .conf)
    for trace in "$scratch"/*.trace; do
        expect "$cleave" run "$name" "$trace"
    done
    expect "$cleave" run "$name" "$scratch/gemm.trace" --format json
    expect "$cleave" run "$name" "$scratch/gemm.trace" --format csv --dump
done

# Every loop kernel is scheduled and runs on the chip that has all the operations they name.
for kernel in traces/loops/*.loop traces/loops/*/*.loop; do
    expect "$cleave" explain schedule c674x "$kernel"
    expect "$cleave" run c674x "$kernel" --format json
done
for chip in aie aie-ml c64x-plus hvx vliw-teaching; do
    expect "$cleave" explain schedule "$chip" traces/loops/fir-16-taps.loop
done

for memory in configs/memories/*.conf; do
    expect "$cleave" dram "$(basename "$memory" .conf)" seq:n=1000
done

# A run's plans can be printed, pinned and come out the same.
"$cleave" explain mapping edge "$scratch/gemm.trace" >"$scratch/gemm.map"
"$cleave" run edge "$scratch/gemm.trace" --format json >"$scratch/searched"
"$cleave" run edge "$scratch/gemm.trace" --mapping "$scratch/gemm.map" --format json >"$scratch/pinned"
cmp "$scratch/searched" "$scratch/pinned"
checks=$((checks + 1))

# Results go into pipes and through links, which stay what they are; nothing is left beside them.
mkdir "$scratch/outputs"
mkfifo "$scratch/outputs/pipe"
touch "$scratch/outputs/target"
ln -s target "$scratch/outputs/link"
for command in "run edge $scratch/gemm.trace" "trace new gemm --m 2 --n 2 --k 2"; do
    cat "$scratch/outputs/pipe" >"$scratch/from-pipe" &
    # shellcheck disable=SC2086
    "$cleave" $command -o "$scratch/outputs/pipe" >"$scratch/out"
    wait
    # shellcheck disable=SC2086
    "$cleave" $command -o "$scratch/outputs/link" >"$scratch/out"
    expect cat "$scratch/from-pipe"
    cmp "$scratch/from-pipe" "$scratch/outputs/target"
    test -p "$scratch/outputs/pipe"
    test -h "$scratch/outputs/link"
    checks=$((checks + 1))
done
test "$(ls "$scratch/outputs")" = "link
pipe
target"

# What cannot be written is no success.
for command in "list chips" "explain chip" "check $scratch/gemm.trace" "trace show $scratch/gemm.trace" \
    "run edge $scratch/gemm.trace" "validate yield" "trace new --help" --help; do
    # shellcheck disable=SC2016
    refuse 1 sh -c '"$0" $1 >/dev/full' "$cleave" "$command"
done

refuse 2 "$cleave"
refuse 2 "$cleave" fly
refuse 2 "$cleave" run
refuse 1 "$cleave" run nowhere "$scratch/gemm.trace"
refuse 1 "$cleave" run edge "$scratch/nothing.trace"
refuse 1 "$cleave" run edge "$scratch/gemm.trace" --set core.rows=0
refuse 1 "$cleave" run edge "$scratch/gemm.trace" --set core.wheels=4

# An installed copy works from anywhere on its own files, and can be embedded.
prefix="$scratch/prefix"
cmake --install "$(dirname "$cleave")" --prefix "$prefix" >"$scratch/out"
cp "$prefix/share/cleave/configs/chips/edge.conf" "$prefix/share/cleave/configs/chips/copy.conf"
expect sh -c 'cd / && "$1" run copy "$2"' - "$prefix/bin/cleave" "$scratch/gemm.trace"
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name cleave.pc)")
library=$(dirname "$(find "$prefix" -name libcleave.a)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046
cc -o "$scratch/embed-shared" validation/embed.c $(pkg-config --cflags --libs cleave)
# shellcheck disable=SC2046
cc -o "$scratch/embed-static" validation/embed.c $(pkg-config --cflags cleave) \
    $(pkg-config --static --libs cleave | sed 's/-lcleave/-l:libcleave.a/')
for program in embed-shared embed-static; do
    expect env CLEAVE_DATA="$prefix/share/cleave" LD_LIBRARY_PATH="$library" \
        "$scratch/$program" copy "$scratch/gemm.trace"
    cp "$scratch/out" "$scratch/$program.cycles"
done
cmp "$scratch/embed-shared.cycles" "$scratch/embed-static.cycles"
checks=$((checks + 1))

# The man page has every command and every option that the program names.
sed 's/\\f[BIR]//g;s/\\-/-/g' sim/cli/cleave.1 >"$scratch/man"
for command in $("$cleave" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    expect grep -E "^$command |^$command\$" "$scratch/man"
    for option in $("$cleave" "$command" --help | grep -oE -e '--[a-z]+(-[a-z]+)*' | sort -u); do
        expect grep -F -e "$option" "$scratch/man"
    done
done

# Commands of the README: indented lines that start with a dollar sign.
sed -n 's/^    \$ cleave /cleave /p' README.md >"$scratch/commands"
expect cat "$scratch/commands"
mkdir "$scratch/bin"
ln -s "$cleave" "$scratch/bin/cleave"
PATH="$scratch/bin:$PATH"
while IFS= read -r command; do
    if ! sh -c "$command" >"$scratch/out" 2>"$scratch/err" </dev/null; then
        echo "README: failed: $command" >&2
        cat "$scratch/err" >&2
        exit 1
    fi
    checks=$((checks + 1))
done <"$scratch/commands"
echo "checks: $checks"
