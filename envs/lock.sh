#!/usr/bin/env bash
# Rewrites envs/requirements.txt from pyproject.toml (extras workflow, rivals and dev included): every transitive
# dependency of every torch named in envs/torch-*.txt, but neither torch nor its CUDA packages.
#
#     envs/lock.sh             keeps the pins that still fit
#     envs/lock.sh --upgrade   takes the newest releases
#
# Arguments go to `uv pip compile`; uv is installed into a temporary venv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check uv

lock=envs/requirements.txt
[[ ! -s $lock ]] || cp "$lock" "$work/lock.txt"

# The oldest torch limits the most (2.11 needs setuptools<82), so it is resolved first; what it
# gave is then preferred, and has to do, for the others.
for torch in $(sed -n 's/^torch==//p' envs/torch-*.txt | sort -uV); do
    echo "torch==$torch" >"$work/torch.in"
    "$work/venv/bin/uv" pip compile --quiet --no-header --annotation-style line \
        --python-version 3.11 --python-platform linux --extra workflow --extra rivals --extra dev \
        -o "$work/lock.txt" "$@" pyproject.toml "$work/torch.in" >/dev/null
    set --
    grep -vE '^(torch==|triton==|nvidia-|cuda-)' "$work/lock.txt" | sed 's/  *#/  #/' >"$work/$torch.txt"
    first=${first:-$work/$torch.txt}
    if ! diff "$first" "$work/$torch.txt" >&2; then
        echo "envs/lock.sh: torch $torch does not fit the pins of $(basename "$first" .txt)" >&2
        exit 1
    fi
done

{
    echo "# Written by \`make lock\` from pyproject.toml; do not edit. Python 3.11+, Linux."
    echo "# torch itself is pinned in envs/torch-cpu.txt and envs/torch-cuda.txt."
    cat "$first"
} >"$work/done.txt"
mv "$work/done.txt" "$lock"
chmod 644 "$lock"
