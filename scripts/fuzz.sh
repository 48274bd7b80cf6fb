#!/bin/sh
# Runs every fuzz target for FUZZTIME (default 20s), one after another.
set -eu
cd "$(dirname "$0")/.."
GO=${GO:-go}
grep -rl --include='*_test.go' '^func Fuzz' . | sort | while read -r file; do
	sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file" | while read -r name; do
		echo "== $(dirname "$file") $name"
		"$GO" test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-20s}" "$(dirname "$file")" </dev/null
	done
done
