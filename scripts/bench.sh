#!/bin/sh
# Prints the figures of docs/performance.md with the machine they come from. Every benchmark that
# compares two ways runs both in the same process.
set -eu
cd "$(dirname "$0")/.."
GO=${GO:-go}
echo "machine: $(uname -sm), $(getconf _NPROCESSORS_ONLN) processors, $($GO version)"
sed -n 's/^model name[[:space:]]*: /cpu: /p' /proc/cpuinfo 2>/dev/null | head -n 1
exec "$GO" test -p 1 -run '^$' -bench "${BENCH:-.}" -benchmem -benchtime "${BENCHTIME:-1s}" -timeout 60m ./...
