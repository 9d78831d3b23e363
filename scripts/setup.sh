#!/usr/bin/env bash
# Checks the Swift toolchain and installs the Debian packages that are missing. Says nothing when nothing is to do.
set -euo pipefail

packages=(libyaml-dev libopenblas-dev zlib1g-dev libssl-dev libturbojpeg0-dev libpng-dev
  dataset-fashion-mnist)
# What each package brings, for systems where dpkg does not know of it.
files=(/usr/include/yaml.h '/usr/lib/*/libopenblas.so.0' /usr/include/zlib.h
  /usr/include/openssl/sha.h /usr/include/turbojpeg.h /usr/include/png.h
  /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz)

fail() {
  echo "setup: $1" >&2
  exit 1
}

command -v swift >/dev/null || fail "swift not found: install a Swift 6.1 or newer toolchain, see https://www.swift.org/install"
version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' | head -n 1)
read -r major minor <<<"${version:-0 0}"
if ((major < 6 || (major == 6 && minor < 1))); then
  fail "Swift ${major}.${minor} is too old: 6.1 or newer is needed, see https://www.swift.org/install"
fi

missing=()
for index in "${!packages[@]}"; do
  package=${packages[$index]}
  if dpkg -s "$package" 2>/dev/null | grep -q '^Status: .* installed$'; then continue; fi
  if compgen -G "${files[$index]}" >/dev/null; then continue; fi
  missing+=("$package")
done
((${#missing[@]} == 0)) && exit 0

command -v apt-get >/dev/null || fail "please install what these Debian packages hold: ${missing[*]}"
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
