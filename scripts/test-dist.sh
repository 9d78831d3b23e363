#!/usr/bin/env bash
# Installs the Debian package of `make dist` in a bare Debian without Swift, and runs an experiment
# there. Needs root.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "test-dist: $1" >&2
  exit 1
}
((EUID == 0)) || fail "needs root, for debootstrap and chroot"
package=$(realpath dist/*.deb) || fail "no package; run make dist"
command -v debootstrap > /dev/null ||
  { apt-get update && apt-get install -y --no-install-recommends debootstrap; } > /dev/null
# shellcheck disable=SC1091
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase "$suite" "$root" > "$root.log" 2>&1 || fail "debootstrap: $(tail -n 3 "$root.log")"
cp -R /etc/apt/. "$root/etc/apt/"
cp /etc/resolv.conf "$root/etc/resolv.conf" 2> /dev/null || true
cp "$package" "$root/tmp/espalier.deb"
chroot "$root" bash -c 'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /tmp/espalier.deb' \
  > "$root.log" 2>&1 || fail "the package does not install: $(tail -n 5 "$root.log")"
chroot "$root" bash -c 'command -v swift' > /dev/null && fail "the system has Swift"
chroot "$root" bash -c 'cd /tmp && espalier doctor && espalier run /usr/share/espalier/experiments/digits.yaml --progress none'
