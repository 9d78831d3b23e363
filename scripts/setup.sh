#!/usr/bin/env bash
# Checks the Swift toolchain and installs the Debian packages that are missing to build, and also
# what `make quickstart` or `make test` needs. Prints nothing if nothing is missing.
#
# usage: scripts/setup.sh [quickstart|test]
set -euo pipefail

# A package, and files or a command of it, any of which will do: systems without dpkg, and
# toolchains from elsewhere, may have these alone. g++ brings what Swift links with: gcc's runtime,
# libstdc++ and the C library's headers.
needed=(
  "g++ /usr/lib/gcc/*/*/libstdc++.so"
  "libc6-dev /usr/include/stdio.h"
  "binutils /usr/bin/ld"
  "libyaml-dev /usr/include/yaml.h"
  "libopenblas-dev /usr/lib*/libopenblas.so* /usr/lib/*/libopenblas.so*"
  "zlib1g-dev /usr/include/zlib.h"
  "libssl-dev /usr/include/openssl/sha.h"
  "libturbojpeg0-dev /usr/include/turbojpeg.h"
  "libpng-dev /usr/include/png.h"
)
case ${1:-} in
  quickstart)
    # Where the program looks first.
    [ -e "${ESPALIER_DATA:-data}/fashion-mnist" ] ||
      needed+=("dataset-fashion-mnist /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")
    ;;
  # For scripts/background.sh.
  test) needed+=("procps pgrep" "python3 python3") ;;
esac
install_swift="install a Swift 6.1 or newer toolchain, see https://www.swift.org/install"

fail() {
  echo "setup: $1" >&2
  exit 1
}

command -v git >/dev/null || fail "git not found: apt-get install git"
swift=$(command -v swift) || fail "swift not found: $install_swift"
# The compiler and the package manager are programs of their own, with libraries of their own.
if ! output=$(swift --version 2>&1 && swift build --version 2>&1); then
  echo "$output" >&2
  fail "$swift does not start, for the reason above; install what it misses, or $install_swift"
fi
version=$(sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' <<<"$output" | head -n 1)
[ -n "$version" ] || fail "$swift prints no version: $(head -n 1 <<<"$output"); $install_swift"
read -r major minor <<<"$version"
if ((major < 6 || (major == 6 && minor < 1))); then
  fail "Swift $major.$minor is too old: $install_swift"
fi

# Whether there is one of the files, which may be patterns, or of the commands.
has() {
  local name
  for name in "$@"; do
    if compgen -G "$name" >/dev/null || command -v "$name" >/dev/null; then return 0; fi
  done
  return 1
}

missing=()
for entry in "${needed[@]}"; do
  read -ra names <<<"$entry"
  has "${names[@]:1}" || missing+=("${names[0]}")
done
((${#missing[@]} == 0)) || "$(dirname "$0")/install-packages.sh" "${missing[@]}"
