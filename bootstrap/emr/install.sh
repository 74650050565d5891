#!/usr/bin/env bash
# Bootstrap action, on every node: Headgate with its lock into /opt/headgate, an environment of its own.
#
#   install.sh s3://BUCKET/headgate [emr-7|emr-8]
#
# It sees the packages of the platform's Python and changes none; Spark and Delta stay the platform's.
set -euo pipefail

from=${1:?usage: install.sh s3://BUCKET/headgate [emr-7|emr-8]}
lock=requirements-${2:-emr-7}.txt
home=${HEADGATE_HOME:-/opt/headgate}

files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
aws s3 cp "$from/" "$files" --recursive --only-show-errors --exclude '*' --include '*.whl' --include "$lock"

sudo python3.11 -m venv --system-site-packages "$home"
install=(sudo "$home/bin/python" -m pip install --quiet --no-cache-dir --no-deps --ignore-installed)
"${install[@]}" --only-binary :all: --require-hashes -r "$files/$lock"
"${install[@]}" "$files"/headgate-*.whl
