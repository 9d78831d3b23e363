#!/usr/bin/env bash
# Makes docs/images/report.png, the upper part of a real report's page, with headless Chromium, and
# installs that.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v chromium > /dev/null || scripts/install-packages.sh chromium
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
page=$folder/report.html
.build/release/espalier report results/cifar10-resnet20-10ep --output "$page" > /dev/null
mkdir -p docs/images
chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --blink-settings=preferredColorScheme=1 \
  --window-size=1180,960 --screenshot="$PWD/docs/images/report.png" "file://$page" 2> "$folder/log" ||
  { tail -n 20 "$folder/log" >&2 && exit 1; }
