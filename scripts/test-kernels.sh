#!/usr/bin/env bash
# Compares every kernel of each class with the portable one: on this processor, on 64-bit Arm under
# qemu, and those of AVX-512 as SIMDe computes its intrinsics in plain C, for processors without
# them. Compares the bits of portable kernels here and on Arm. Compilers for Arm fuse
# multiplications with additions, which rounds differently, unless the code forbids it.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v qemu-aarch64 >/dev/null || [ ! -d /usr/aarch64-linux-gnu/include ] || [ ! -d /usr/include/simde ]; then
  scripts/install-packages.sh qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross libsimde-dev
fi

shapes=${1:-100}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
library=(/usr/lib/gcc-cross/aarch64-linux-gnu/*)
root=/usr/aarch64-linux-gnu
arm_compile=(--target=aarch64-linux-gnu --sysroot=$root -isystem $root/include)
arm_link=(-fuse-ld=lld -B$root/lib -L$root/lib "-B${library[0]}" "-L${library[0]}" -static)
# Multiply-adds are contracted as SwiftPM's compiler does it.
flags=(-O2 -std=c11 -ffp-contract=on -Wall -Werror -ISources/CKernels/include)

# compile FOLDER FLAGS...: all kernels and their comparisons, in parallel.
compile() {
  mkdir "$1"
  printf '%s\n' Sources/CKernels/*.c Tests/Kernels/*.c | xargs -P "$(nproc)" -I{} sh -c \
    'source=$1 to=$2; shift 2; clang "$@" -c "$source" -o "$to/$(basename "$source" .c).o"' \
    compile {} "$1" "${flags[@]}" "${@:2}"
}

# link FOLDER FLAGS...
link() {
  clang "$1/portable_bits.o" "$1/resampling.o" "$1/plain_multiply.o" "$1/pooling.o" \
    "${@:2}" -lm -o "$1/bits"
  rm "$1/portable_bits.o"
  clang "$1"/*.o "${@:2}" -lm -o "$1/comparison"
}

# The kernels of AVX-512 without its instructions, in place of those in folder "here".
emulate() {
  sed -e '/#pragma clang attribute pop/d' -e '/#pragma clang attribute push/,/[^\\]$/d' Sources/CKernels/avx512.c > "$folder/avx512.c"
  clang "${flags[@]}" -ISources/CKernels -ITests/Kernels/emulated -Wno-psabi -Dck_has_avx512=is_emulated \
    -Dck_has_avx512_bf16=is_emulated -c "$folder/avx512.c" -o "$folder/here/avx512.o"
  echo 'int is_emulated(void) { return 1; }' | clang -x c -c - -o "$folder/here/is_emulated.o"
  clang "$folder"/here/*.o -lm -o "$folder/here/emulation"
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

for class in neon neon-bf16; do qemu-aarch64 "$folder/arm/comparison" "$class" "$shapes"; done
if [ "$(uname -m)" = x86_64 ]; then
  for class in avx2 avx512 avx512-bf16; do
    status=0
    "$folder/here/comparison" "$class" "$shapes" || status=$?
    # 77: not on this processor.
    [ $status = 0 ] || [ $status = 77 ] || exit $status
  done
  emulate
  for class in avx512 avx512-bf16; do
    printf 'emulated '
    "$folder/here/emulation" "$class" "$shapes"
  done
fi
