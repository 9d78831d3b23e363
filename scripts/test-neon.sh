#!/usr/bin/env bash
# Compares every kernel of each class with the portable one, on 64-bit Arm under qemu and on this
# processor, and the bits of portable kernels on both. Compilers for Arm fuse multiplications with
# additions, which rounds differently, unless the code forbids it.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v qemu-aarch64 >/dev/null || [ ! -d /usr/aarch64-linux-gnu/include ]; then
  install=(apt-get install --yes --no-install-recommends qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
  if [ "$(id -u)" = 0 ]; then "${install[@]}"; else sudo "${install[@]}"; fi
fi

shapes=${1:-100}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
library=(/usr/lib/gcc-cross/aarch64-linux-gnu/*)
root=/usr/aarch64-linux-gnu
arm_compile=(--target=aarch64-linux-gnu --sysroot=$root -isystem $root/include)
arm_link=(-fuse-ld=lld -B$root/lib -L$root/lib "-B${library[0]}" "-L${library[0]}" -static)

# compile FOLDER FLAGS...: all kernels and their comparisons, in parallel. Multiply-adds are
# contracted as SwiftPM's compiler does it.
compile() {
  mkdir "$1"
  printf '%s\n' Sources/CKernels/*.c Tests/Arm/*.c | xargs -P "$(nproc)" -I{} sh -c \
    'source=$1 to=$2; shift 2; clang "$@" -c "$source" -o "$to/$(basename "$source" .c).o"' \
    compile {} "$1" -O2 -std=c11 -ffp-contract=on -Wall -Werror -ISources/CKernels/include "${@:2}"
}

# link FOLDER FLAGS...
link() {
  clang "$1/portable_bits.o" "$1/resampling.o" "${@:2}" -o "$1/bits"
  rm "$1/portable_bits.o"
  clang "$1"/*.o "${@:2}" -lm -o "$1/comparison"
}

compile "$folder/here"
compile "$folder/arm" "${arm_compile[@]}"
link "$folder/here"
link "$folder/arm" --target=aarch64-linux-gnu --sysroot=$root "${arm_link[@]}"

here=$("$folder/here/bits") arm=$(qemu-aarch64 "$folder/arm/bits")
portable_here=$("$folder/here/comparison" portable "$shapes")
portable_arm=$(qemu-aarch64 "$folder/arm/comparison" portable "$shapes")
if [ "$here $portable_here" != "$arm $portable_arm" ]; then
  printf 'portable kernels round otherwise on Arm:\n%s\nhere:\n%s\n' "$arm $portable_arm" "$here $portable_here" >&2
  exit 1
fi
echo "portable kernels have the same bits on Arm: $arm; $portable_arm"

qemu-aarch64 "$folder/arm/comparison" neon "$shapes"
if [ "$(uname -m)" = x86_64 ]; then
  for class in avx2 avx512; do "$folder/here/comparison" "$class" "$shapes"; done
fi
