#!/bin/sh
# Proves the order of the house: a room includes only rooms above it; rooms on one line of the list
# never include each other. So no hardware model can see a price. File names are unique in the tree.
set -eu
cd "$(dirname "$0")/.."
twice=$(find sim arch workloads traces validation -name '*.[ch]' | sed 's|.*/||' | sort | uniq -d)
if [ -n "$twice" ]; then
    echo "two files of one name: $twice"
    exit 1
fi
find sim arch workloads traces -name '*.[ch]' | sort | xargs awk '
BEGIN {
    order = "sim/kernel;sim/config;workloads;traces;arch/ledger;arch/memory;arch/mapping;" \
            "arch/scheduling;arch/family;" \
            "arch/vector arch/systolic arch/dataflow arch/pim arch/vliw;" \
            "arch/chip;arch/technology;sim/study;sim/report;sim/cli"
    lines = split(order, line, ";")
    for (i = 1; i <= lines; i++) {
        n = split(line[i], room, " ")
        for (j = 1; j <= n; j++) level[room[j]] = i
    }
}
function room_of(path,   part) {
    split(path, part, "/")
    if (part[1] == "workloads" || part[1] == "traces") return part[1]
    return part[1] "/" part[2]
}
/^#include "/ {
    split($0, quoted, "\"")
    target = quoted[2]
    if (target !~ /\//) next                # generated headers of wire formats
    checks++
    from = room_of(FILENAME); to = room_of(target)
    if (!(from in level) || !(to in level)) {
        printf "%s:%d: %s is in no room of the house\n", FILENAME, FNR, target
        bad++
    } else if (from != to && level[to] >= level[from]) {
        printf "%s:%d: %s may not include %s\n", FILENAME, FNR, from, target
        bad++
    }
}
END {
    if (bad) exit 1
    printf "checks: %d\n", checks
}'
