#!/bin/sh
# Runs what a newcomer would: every shipped config is checked, every chip runs every small trace,
# every command in the README works. usage: examples.sh PATH/TO/cleave
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
expect "$cleave" --help
expect "$cleave" --version
for kind in chips processes memories operators workloads cases; do
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
for memory in configs/memories/*.conf; do
    expect "$cleave" dram "$(basename "$memory" .conf)" seq:n=1000
done

# A run's plans can be printed, pinned and come out the same.
"$cleave" explain mapping edge "$scratch/gemm.trace" >"$scratch/gemm.map"
"$cleave" run edge "$scratch/gemm.trace" --format json >"$scratch/searched"
"$cleave" run edge "$scratch/gemm.trace" --mapping "$scratch/gemm.map" --format json >"$scratch/pinned"
cmp "$scratch/searched" "$scratch/pinned"
checks=$((checks + 1))

refuse 2 "$cleave"
refuse 2 "$cleave" fly
refuse 2 "$cleave" run
refuse 1 "$cleave" run nowhere "$scratch/gemm.trace"
refuse 1 "$cleave" run edge "$scratch/nothing.trace"
refuse 1 "$cleave" run edge "$scratch/gemm.trace" --set core.rows=0
refuse 1 "$cleave" run edge "$scratch/gemm.trace" --set core.wheels=4

# An installed copy works from anywhere, and its shared library can be embedded.
prefix="$scratch/prefix"
cmake --install "$(dirname "$cleave")" --prefix "$prefix" >"$scratch/out"
(cd / && expect "$prefix/bin/cleave" list chips)
expect_embedded() {
    cc -o "$scratch/embed" validation/embed.c -I"$prefix/include/cleave" \
        -L"$(dirname "$(find "$prefix" -name libcleave.so)")" -lcleave
    LD_LIBRARY_PATH="$(dirname "$(find "$prefix" -name libcleave.so)")" \
        "$scratch/embed" edge "$scratch/gemm.trace"
}
expect expect_embedded

# Commands of the README: indented lines that start with a dollar sign.
sed -n 's/^    \$ cleave /cleave /p' README.md >"$scratch/commands"
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
