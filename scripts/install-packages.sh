#!/usr/bin/env bash
# Installs those of the named Debian packages that are missing, as root or with sudo. Prints nothing
# if none is missing.
#
# usage: scripts/install-packages.sh PACKAGE...
set -euo pipefail

fail() {
  echo "install-packages: $1" >&2
  exit 1
}

missing=()
for package in "$@"; do
  dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
    missing+=("$package")
done
((${#missing[@]} > 0)) || exit 0

command -v apt-get >/dev/null || fail "please install what these Debian packages contain: ${missing[*]}"
# One apt-get at a time: another would fail at apt's lock. The variable is set behind sudo, which
# passes few on.
as_root=(flock --close "$0" env DEBIAN_FRONTEND=noninteractive)
if [ "$(id -u)" != 0 ]; then
  { command -v sudo >/dev/null && sudo -v; } ||
    fail "not root, and sudo does not work; please have installed: apt-get install ${missing[*]}"
  as_root=(sudo "${as_root[@]}")
fi

echo "install-packages: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; } \
  >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  fail "apt-get could not install ${missing[*]}"
fi
