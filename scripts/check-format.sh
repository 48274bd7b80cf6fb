#!/bin/sh
# Fails where gofmt would change a file of this repository, and names the files.
set -eu
cd "$(dirname "$0")/.."
gofmt=$(${GO:-go} env GOROOT)/bin/gofmt
bad=$("$gofmt" -l $(ls -d */ | grep -v '^bin/$'))
[ -z "$bad" ] && exit 0
echo "not formatted (run: gofmt -w .):" >&2
echo "$bad" >&2
exit 1
