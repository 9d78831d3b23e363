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
  if dpkg -s "$package" 2>/dev/null | grep -q '^Status: .* installed$'; then continue; fi
  if compgen -G "$file" >/dev/null; then continue; fi
  missing+=("$package")
done
((${#missing[@]} == 0)) && exit 0

command -v apt-get >/dev/null || fail "please install what these Debian packages contain: ${missing[*]}"
if ((EUID == 0)); then
  as_root=()
elif command -v sudo >/dev/null && sudo -v; then
  as_root=(sudo)
else
  fail "not root, and sudo does not work; please have installed: apt-get install ${missing[*]}"
fi

echo "setup: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; } \
  >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  fail "apt-get could not install ${missing[*]}"
fi
