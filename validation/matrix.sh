#!/bin/sh
# Runs every workload at a small size on every chip, as many runs at a time as there are cores; each
# must do the same multiply-accumulates in the same number of operators.   usage: matrix.sh PATH/TO/cleave
set -eu
cleave=$(realpath "$1")
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
checks=0

cat >"$scratch/small.mtx" <<'EOF'
%%MatrixMarket matrix coordinate real general
6 6 8
1 2 1.0
2 1 2.0
2 5 0.5
3 3 1.5
4 6 4.0
5 4 1.0
6 1 3.0
6 6 1.0
EOF

size() { # workload: the keys that make it small
    case $1 in
    alexnet | alexnet-2012) echo "--size 67" ;;
    axpy | dot-prod | prefix-sum | vec-add) echo "--n 100" ;;
    bert-* | transformer-* | seq2seq) echo "--seq 4" ;;
    bfs | pagerank) echo "--scale 5 --degree 4" ;;
    conv) echo "--c 5 --h 9 --k 7" ;;
    dcgan | dlrm) echo "--batch 1" ;;
    diffusion-unet) echo "--size 8" ;;
    efficientnet-b0 | mobilenet-v2 | resnet* | vgg16 | vit-b-16 | yolo-v3) echo "--size 32" ;;
    gemm) echo "--m 9 --n 10 --k 11" ;;
    gemv) echo "--m 9 --k 11" ;;
    gpt* | llama | moe) echo "--seq 4" ;;
    *-lm) echo "--seq 3 --hidden 40 --vocabulary 50" ;;
    spgemm | spmv) echo "--a $scratch/small.mtx" ;;
    spmm) echo "--a $scratch/small.mtx --n 3" ;;
    unet) echo "--size 188" ;;
    esac
}

field() { # name, file: the last integer of that name, which is the total's
    sed -n "s/.*\"$1\": *\([0-9][0-9]*\).*/\1/p" "$2" | tail -n 1
}

"$cleave" list chips --format csv | tail -n +2 | cut -d, -f1 >"$scratch/chips"
"$cleave" list workloads --format csv | tail -n +2 | cut -d, -f1 >"$scratch/workloads"
while IFS= read -r workload; do
    # shellcheck disable=SC2046
    "$cleave" trace new "$workload" $(size "$workload") -o "$scratch/trace" >"$scratch/out"
    "$cleave" trace check "$scratch/trace" >"$scratch/out"
    xargs -P "$(nproc)" -I CHIP "$cleave" run CHIP "$scratch/trace" --format json \
        -o "$scratch/CHIP.json" <"$scratch/chips" || {
        echo "failed: $workload" >&2
        exit 1
    }
    macs=""
    while IFS= read -r chip; do
        got="$(field macs "$scratch/$chip.json") in $(field operators "$scratch/$chip.json")"
        [ "${macs:=$got}" = "$got" ] || {
            echo "$workload: $got multiply-accumulates on $chip, elsewhere $macs" >&2
            exit 1
        }
        rm "$scratch/$chip.json"
        checks=$((checks + 1))
    done <"$scratch/chips"
done <"$scratch/workloads"
echo "checks: $checks"
