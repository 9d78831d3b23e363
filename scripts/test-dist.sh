#!/usr/bin/env bash
# Installs the Debian package of `make dist` in a bare Debian without Swift, and trains there: with
# the package, and after its removal with the tarball. Needs root. SUITE selects another release
# than this machine's, MIRROR another mirror for debootstrap.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "test-dist: $1" >&2
  exit 1
}
# Prints what a command says if it fails.
quietly() { "$@" > "$folder/log" 2>&1 || { tail -n 20 "$folder/log" >&2 && fail "failed: $*"; }; }
inside() { chroot "$root" bash -euc "$1"; }

((EUID == 0)) || fail "needs root, for debootstrap and chroot"
package=$(realpath dist/*.deb) || fail "no package; run make dist"
tarball=$(realpath dist/*.tar.gz)
folder=$(mktemp -d)
root=$folder/root
trap 'umount "$root/proc" 2> /dev/null || true; rm -rf --one-file-system "$folder"' EXIT
export DEBIAN_FRONTEND=noninteractive
command -v debootstrap > /dev/null || scripts/install-packages.sh debootstrap

# shellcheck disable=SC1091
suite=${SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
echo "test-dist: a bare $suite"
quietly debootstrap --variant=minbase "$suite" "$root" ${MIRROR:+"$MIRROR"}
# How this machine reaches the mirror.
cp -R /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
cp "$package" "$root/tmp/espalier.deb"
mkdir "$root/opt/espalier"
tar -C "$root/opt/espalier" --strip-components=1 -xzf "$tarball"

quietly inside 'apt-get update; apt-get install -y --no-install-recommends /tmp/espalier.deb dataset-fashion-mnist'
inside '! command -v swift' || fail "the system has Swift"
inside '! ldd /usr/bin/espalier | grep -iE "swift|foundation|not found"' || fail "libraries are missing"
for file in man/man1/espalier.1.gz bash-completion/completions/espalier zsh/site-functions/_espalier \
  fish/vendor_completions.d/espalier.fish; do
  [ -s "$root/usr/share/$file" ] || fail "/usr/share/$file is missing"
done
# shellcheck disable=SC2016
inside 'set +e; compopt() { :; }; source /usr/share/bash-completion/completions/espalier
  COMP_LINE="espalier run a.yaml --set prune.criterion=ta" COMP_POINT=${#COMP_LINE} COMP_CWORD=6
  COMP_WORDS=(espalier run a.yaml --set prune.criterion = ta)
  _espalier_joined espalier ta =
  [ "${COMPREPLY[*]}" = taylor ]' || fail "bash completes no value"
# The quickstart's experiment, on fewer images, and with what that costs allowed.
small='--set dataset.train_limit=512 --set dataset.test_limit=256 --set prune.samples=256 --set expect=null'
inside "cd /tmp; espalier --version; espalier doctor
  espalier run /usr/share/espalier/experiments/quickstart.yaml $small --progress none"
[ -s "$root/tmp/results/quickstart/report.html" ] || fail "no report"

quietly inside 'apt-get remove -y espalier'
left=$(find "$root/usr" "$root/etc" -name '*espalier*')
[ -z "$left" ] || fail "left behind by the package: $left"
inside 'cd /opt/espalier; bin/espalier run experiments/digits.yaml --progress none'
[ -s "$root/opt/espalier/results/digits/report.html" ] || fail "no report of the tarball's program"
echo "test-dist: installs, trains and goes without Swift"
