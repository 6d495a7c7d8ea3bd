#!/usr/bin/env bash
# Sees to the Debian packages that the build needs; with --tests, also to those of the tests; with --checks, to those of
# all that continuous integration runs.
# Where all are there it does nothing and needs no network. Where some are missing, root installs them and
# everybody else is told how.
set -euo pipefail

packages=(librdkafka-dev libcurl4-openssl-dev libsqlite3-dev libjemalloc-dev)
if [[ "${1:-}" == --tests ]]; then
    packages+=(curl kcat python3 python3-venv)
fi

if [[ "${1:-}" == --checks ]]; then
    packages+=(curl kcat python3 python3-venv prometheus valgrind)
    # Debian's own kubectl is too old for the overlays; the package of this name is of Kubernetes' or Google's repository.
    if ! command -v kubectl >/dev/null && [[ -n "$(apt-cache policy kubectl 2>/dev/null)" ]]; then
        packages+=(kubectl)
    fi
fi

if ! command -v swift >/dev/null; then
    echo "setup: swift is not on the PATH; Clockwork needs Swift 6.2 or newer, see https://www.swift.org/install" >&2
    exit 1
fi

if ! command -v dpkg-query >/dev/null; then
    echo "setup: this is not Debian; what these packages hold is taken to be there: ${packages[*]}" >&2
    exit 0
fi

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
    if [[ "$status" != installed ]]; then
        missing+=("$package")
    fi
done
if [[ ${#missing[@]} -eq 0 ]]; then
    exit 0
fi

if [[ $EUID -ne 0 ]]; then
    echo "setup: packages are missing; install them with" >&2
    echo "    sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${missing[*]}" >&2
    exit 1
fi

echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet=2 </dev/null
apt-get install --quiet=2 --yes --no-install-recommends "${missing[@]}" </dev/null
