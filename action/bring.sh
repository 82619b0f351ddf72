#!/usr/bin/env bash
# Says where the command line is: as an input says, or brought from the release of this action's own version, which its
# sources have: its ref may be a commit, which says no version. What cannot be verified is not run.
set -euo pipefail
. "$GITHUB_ACTION_PATH/action/stop.sh"

found() {
  echo "program=$1" >> "$GITHUB_OUTPUT"
  "$1" --version
  exit 0
}

if [ -n "$COMMAND_LINE" ]; then
  program=$(command -v "$COMMAND_LINE") \
    || stop 2 "there is no command line" "\`command-line\` is \`$COMMAND_LINE\`, and no program is there."
  case "$program" in /* | [A-Za-z]:*) ;; *) program="$PWD/$program" ;; esac
  found "$program"
fi

need curl tar
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$GITHUB_ACTION_PATH/Cargo.toml" | head -n 1)

case "$RUNNER_OS-$RUNNER_ARCH" in
  Linux-X64) target=x86_64-unknown-linux-musl ;;
  Linux-ARM64) target=aarch64-unknown-linux-musl ;;
  macOS-X64) target=x86_64-apple-darwin ;;
  macOS-ARM64) target=aarch64-apple-darwin ;;
  Windows-X64) target=x86_64-pc-windows-msvc ;;
  *) stop 2 "no command line for this runner" "No release has one for $RUNNER_OS on $RUNNER_ARCH. Build it, and give its path as \`command-line\`." ;;
esac

builder=
if [ -z "$RELEASES" ]; then
  # The context is empty in some runners' composite actions; the folder that the runner keeps actions in shows it, too.
  if [ -z "$ACTION_REPOSITORY" ]; then
    ACTION_REPOSITORY=$(sed -n 's#.*/_actions/\([^/]*/[^/]*\)/.*#\1#p' <<< "$(tr '\134' / <<< "$GITHUB_ACTION_PATH")/")
  fi
  [ -n "$ACTION_REPOSITORY" ] \
    || stop 2 "the action's repository is not known" "Give \`releases\`, the address of the releases' files, or \`command-line\`."
  RELEASES="${GITHUB_SERVER_URL:-https://github.com}/$ACTION_REPOSITORY/releases/download"
  builder=$ACTION_REPOSITORY
fi

folder="$RUNNER_TEMP/windlass-$version-$target"
archive="windlass-$version-$target.tar.gz"
mkdir -p "$folder"
cd "$folder"

bring() {
  curl --fail --location --retry 3 --silent --show-error --max-time 300 --output "$1" "$RELEASES/v$version/$1" \
    || stop 6 "the command line was not brought" "\`$RELEASES/v$version/$1\` was not to be had. Use a released version of this action, or give \`command-line\`."
}

bring "$archive"
bring SHA256SUMS

sha256() {
  if command -v sha256sum > /dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

listed=$(awk -v name="$archive" '{ sub(/^[*]/, "", $2) } $2 == name { print $1 }' SHA256SUMS)
is=$(sha256 "$archive")
[ -n "$listed" ] && [ "$listed" = "$is" ] \
  || stop 6 "the command line could not be verified" "\`$archive\` has the SHA-256 $is, and SHA256SUMS of the release names ${listed:-none}. It was not run."

# SHA256SUMS lies beside the archive, and whoever can replace one can replace both. Files from an address that was given
# are its giver's affair.
if [ -n "$builder" ] && gh attestation verify --help > /dev/null 2>&1; then
  said=$(gh attestation verify "$archive" --repo "$builder" 2>&1) \
    || stop 6 "the command line could not be verified" "\`$archive\` has no valid attestation of \`$builder\`. It was not run. \`gh\` said: $said"
fi

tar -xzf "$archive"
program=$(find "$folder" -type f \( -name windlass -o -name windlass.exe \) | head -n 1)
[ -n "$program" ] || stop 6 "the command line was not brought" "\`$archive\` has no program \`windlass\`."
found "$program"
