#!/usr/bin/env bash
# Builds packages that need no Swift toolchain: dist/espalier-VERSION-linux-MACHINE.tar.gz and a
# Debian package.
#
# The Swift runtime is linked in. The system's libyaml, zlib, libpng, libturbojpeg and libcrypto are
# linked as the package says; OpenBLAS is looked for when the program runs.
set -euo pipefail
cd "$(dirname "$0")/.."

# What is packed is everyone's to read, whatever the masks of the caller and of the checkout.
umask 022

scripts/install-packages.sh dpkg-dev
swift build -c release --product espalier --static-swift-stdlib --scratch-path .build-dist
program=.build-dist/release/espalier
version=$("$program" --version)
machine=$(uname -m)
name=espalier-$version-linux-$machine

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
scripts/install.sh "$program" "$stage/$name"
strip "$stage/$name/bin/espalier"
cp README.md LICENSE CHANGELOG.md "$stage/$name/"
cp -R docs experiments schemas "$stage/$name/"
chmod -R go+rX "$stage/$name"
tar -C "$stage" --sort=name --owner=0 --group=0 -czf "$stage/$name.tar.gz" "$name"

package=$stage/package
scripts/install.sh "$program" "$package/usr"
strip "$package/usr/bin/espalier"
mkdir -p "$package/usr/share/espalier" "$package/usr/share/doc/espalier" "$package/DEBIAN" "$stage/debian"
cp -R experiments schemas "$package/usr/share/espalier/"
cp -R README.md docs "$package/usr/share/doc/espalier/"
gzip -9n < CHANGELOG.md > "$package/usr/share/doc/espalier/changelog.gz"
gzip -9n "$package/usr/share/man/man1/espalier.1"
cat > "$package/usr/share/doc/espalier/copyright" <<COPYRIGHT
Copyright: the Espalier authors. License: Apache-2.0, see /usr/share/common-licenses/Apache-2.0.

Linked in are the Swift runtime and Foundation, Swift Argument Parser and SwiftProtobuf, of Apple
and the Swift project's authors, Apache-2.0 with Runtime Library Exception, and ICU, of Unicode,
Inc., Unicode-3.0.
COPYRIGHT
# dpkg-shlibdeps wants a source package around it.
printf 'Source: espalier\n\nPackage: espalier\nArchitecture: any\n' > "$stage/debian/control"
depends=$(cd "$stage" && dpkg-shlibdeps -O package/usr/bin/espalier | sed -n 's/^shlibs:Depends=//p')
cat > "$package/DEBIAN/control" <<CONTROL
Package: espalier
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: The Espalier authors <espalier@localhost>
Installed-Size: $(du -sk --apparent-size "$package/usr" | cut -f 1)
Section: science
Priority: optional
Depends: $depends, libopenblas0
Recommends: git
Suggests: dataset-fashion-mnist, libopenmpi3 | libopenmpi40 | libmpich12
Description: convolutional networks that are pruned while they train
 Espalier reads an experiment in YAML, trains a baseline and a network that
 loses its least relevant channels while it trains, and reports how they
 compare.
CONTROL
chmod -R go+rX "$package"
dpkg-deb --build --root-owner-group "$package" "$stage" > /dev/null

# Both whole, or neither.
rm -rf dist
mkdir -p dist
mv "$stage"/*.tar.gz "$stage"/*.deb dist/
ls -l dist
