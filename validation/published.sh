#!/bin/sh
# Runs every validation case; a case passes when its median and worst deviation keep its bars.
# usage: published.sh PATH/TO/cleave
set -eu
cleave=$(realpath "$1")
cd "$(dirname "$0")/.."
"$cleave" validate
