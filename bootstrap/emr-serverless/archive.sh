#!/usr/bin/env bash
# Pack Headgate with its lock into dist/environment.tar.gz. Run it from the project's root, after make dist,
# where Python is what EMR Serverless has: Amazon Linux 2023 on the job's architecture.
#
#   bootstrap/emr-serverless/archive.sh [emr-7|emr-8]
set -euo pipefail

lock=dist/requirements-${1:-emr-7}.txt
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

python3.11 -m venv "$place/environment"
install=("$place/environment/bin/python" -m pip install --quiet --no-deps --only-binary :all:)
"${install[@]}" --require-hashes -r "$lock"
"${install[@]}" dist/headgate-*.whl

python3.11 -m venv "$place/tools"
"$place/tools/bin/python" -m pip install --quiet venv-pack
"$place/tools/bin/venv-pack" --quiet --force --prefix "$place/environment" --output dist/environment.tar.gz
