#!/bin/sh
# Install Debian packages when this user may, else say in a sentence what to do.
# Usage: apt-install.sh "what they are for" PACKAGE...
set -eu

purpose=$1
shift
missing=
for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "$purpose needs$missing (names of Debian packages): please install them." >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "$purpose needs Debian packages that only an administrator can install. Please run:" >&2
    echo "    sudo apt-get install -y$missing" >&2
    exit 1
fi
echo "Installing$missing ($purpose) ..."
$as_root apt-get update -qq
# Word splitting is wanted: the list of packages, and sudo with its option.
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
