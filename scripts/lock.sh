#!/bin/bash
# Write requirements.txt from the packages that are installed in .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch="$(mktemp)"
{
    sed -n '/^#/p' requirements.txt
    .venv/bin/python -m pip --disable-pip-version-check freeze --all --exclude-editable --exclude pip
} >"$scratch"
mv "$scratch" requirements.txt
chmod 644 requirements.txt
