#!/usr/bin/env bash
# Copies the program, its manual page and the completions of bash, zsh and fish under a prefix.
#
# usage: scripts/install.sh PROGRAM PREFIX
set -euo pipefail
program=$1
prefix=$2

# Folders that everyone can read, whatever the caller's mask.
umask 022
# put MODE FILE PATH: only GNU's install makes the folders, too.
put() {
  mkdir -p "$(dirname "$prefix/$3")"
  install -m "$1" "$2" "$prefix/$3"
}
put 755 "$program" bin/espalier
page=$(mktemp)
trap 'rm -f "$page"' EXIT
"$program" manual > "$page"
put 644 "$page" share/man/man1/espalier.1
"$program" --generate-completion-script bash | cat - "$(dirname "$0")/completion.bash" > "$page"
put 644 "$page" share/bash-completion/completions/espalier
"$program" --generate-completion-script zsh > "$page"
put 644 "$page" share/zsh/site-functions/_espalier
"$program" --generate-completion-script fish > "$page"
put 644 "$page" share/fish/vendor_completions.d/espalier.fish
