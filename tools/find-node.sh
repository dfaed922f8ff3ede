#!/bin/sh
# Print the folder of a Node of 20.19 or later with npm; install one into the virtual environment
# when the machine has none. Usage: find-node.sh VENV
set -eu

venv=$1
is_enough='const [a, b] = process.versions.node.split(".").map(Number);
           process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
if command -v node >/dev/null && command -v npm >/dev/null && node -e "$is_enough"; then
    dirname "$(command -v node)"
    exit 0
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
    -r requirements/node.txt >&2
echo "$PWD/$venv/bin"
