#!/usr/bin/env bash
# Makes docs/images/report.png, the upper part of a real report's page, with headless Chromium
# (apt-get install chromium).
set -euo pipefail
cd "$(dirname "$0")/.."

page=$(mktemp --suffix .html)
trap 'rm -f "$page"' EXIT
.build/release/espalier report results/cifar10-resnet20-10ep --output "$page" > /dev/null
mkdir -p docs/images
chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --blink-settings=preferredColorScheme=1 \
  --window-size=1180,960 --screenshot="$PWD/docs/images/report.png" "file://$page" 2> /dev/null
