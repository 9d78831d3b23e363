#!/usr/bin/env bash
# Copies the program, its manual page and the completions of bash, zsh and fish under a prefix.
#
# usage: scripts/install.sh PROGRAM PREFIX
set -euo pipefail
program=$1
prefix=$2

install -D -m 755 "$program" "$prefix/bin/espalier"
page=$(mktemp)
trap 'rm -f "$page"' EXIT
put() { install -D -m 644 "$page" "$prefix/share/$1"; }
"$program" manual > "$page"
put man/man1/espalier.1
"$program" --generate-completion-script bash | cat - "$(dirname "$0")/completion.bash" > "$page"
put bash-completion/completions/espalier
"$program" --generate-completion-script zsh > "$page"
put zsh/site-functions/_espalier
"$program" --generate-completion-script fish > "$page"
put fish/vendor_completions.d/espalier.fish
