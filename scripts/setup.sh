#!/usr/bin/env bash
# Checks the Swift toolchain and installs the Debian packages that are missing. Prints nothing if
# nothing is missing.
set -euo pipefail

# A package, and a file of it: systems without dpkg, and toolchains from elsewhere, may have the
# file alone. g++ brings what Swift links with: gcc's runtime, libstdc++ and the C library's
# headers.
needed=(
  "g++ /usr/lib/gcc/*/*/libstdc++.so"
  "libc6-dev /usr/include/stdio.h"
  "binutils /usr/bin/ld"
  "libyaml-dev /usr/include/yaml.h"
  "libopenblas-dev /usr/lib/*/libopenblas.so.0"
  "zlib1g-dev /usr/include/zlib.h"
  "libssl-dev /usr/include/openssl/sha.h"
  "libturbojpeg0-dev /usr/include/turbojpeg.h"
  "libpng-dev /usr/include/png.h"
  "dataset-fashion-mnist /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"
)
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

missing=()
for entry in "${needed[@]}"; do
  read -r package file <<<"$entry"
  compgen -G "$file" >/dev/null || missing+=("$package")
done
((${#missing[@]} == 0)) || "$(dirname "$0")/install-packages.sh" "${missing[@]}"
