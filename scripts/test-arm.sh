#!/usr/bin/env bash
# Compares the bits of portable sums on 64-bit Arm, under qemu, with those on this processor.
# Compilers for Arm fuse multiplications with additions by themselves, and round otherwise then,
# unless the code forbids it.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v qemu-aarch64 >/dev/null || [ ! -d /usr/aarch64-linux-gnu/include ]; then
  install=(apt-get install --yes --no-install-recommends qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
  if [ "$(id -u)" = 0 ]; then "${install[@]}"; else sudo "${install[@]}"; fi
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sources=(Tests/Arm/portable_bits.c Sources/CKernels/resampling.c)
flags=(-O2 -std=c11 -Wall -Werror -ISources/CKernels/include)
library=(/usr/lib/gcc-cross/aarch64-linux-gnu/*)

clang "${flags[@]}" "${sources[@]}" -o "$folder/here"
clang --target=aarch64-linux-gnu --sysroot=/usr/aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include \
  -fuse-ld=lld -B/usr/aarch64-linux-gnu/lib -L/usr/aarch64-linux-gnu/lib "-B${library[0]}" "-L${library[0]}" -static \
  "${flags[@]}" "${sources[@]}" -o "$folder/arm"

here=$("$folder/here")
arm=$(qemu-aarch64 "$folder/arm")
if [ "$here" != "$arm" ]; then
  echo "portable sums round otherwise on Arm: $arm, here $here" >&2
  exit 1
fi
echo "portable sums have the same bits on Arm: $arm"
