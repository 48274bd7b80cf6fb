#!/bin/sh
# Runs the given packages under the race detector, or says why it cannot: that needs cgo and a
# C compiler.
set -eu
cd "$(dirname "$0")/.."
GO=${GO:-go}
if ! command -v "$($GO env CC)" >/dev/null 2>&1; then
	echo "race: no C compiler, so no race detector (Debian: apt-get install gcc libc6-dev)"
	exit 0
fi
CGO_ENABLED=1 exec "$GO" test -race -timeout "${TIMEOUT:-15m}" "$@"
