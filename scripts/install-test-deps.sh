#!/bin/sh
# Installs what the tests need beside Go: a Chromium without a window, a font with Chinese
# characters, ffmpeg, and axe-core for the accessibility checks. Says clearly what is missing where it
# cannot install. VOW_SKIP_BROWSER=1 leaves all of it out, and the browser tests with it.
set -eu
cd "$(dirname "$0")/.."

AXE_VERSION=4.14.1
AXE_SHA256=29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c

fail() {
	echo "install-test-deps: $*" >&2
	echo "install-test-deps: or leave the browser tests out: VOW_SKIP_BROWSER=1 make test" >&2
	exit 1
}

if [ "${VOW_SKIP_BROWSER:-}" = 1 ]; then
	echo "install-test-deps: VOW_SKIP_BROWSER=1, the browser tests are left out"
	exit 0
fi

have_browser() {
	for name in chromium-headless-shell headless-shell chromium chromium-browser google-chrome; do
		if command -v "$name" >/dev/null 2>&1; then return 0; fi
	done
	[ -n "${VOW_CHROMIUM:-}" ] && [ -x "$VOW_CHROMIUM" ]
}

have_font() {
	if command -v fc-list >/dev/null 2>&1; then
		[ -n "$(fc-list :lang=zh-cn family 2>/dev/null)" ]
	else
		[ -e /usr/share/fonts/truetype/wqy/wqy-microhei.ttc ]
	fi
}

axe_missing() {
	if ! echo "$AXE_SHA256  .cache/axe.min.js" | sha256sum -c --status 2>/dev/null; then echo yes; fi
}

install_packages() {
	packages=""
	have_browser || packages="$packages chromium-headless-shell"
	have_font || packages="$packages fonts-wqy-microhei"
	command -v ffmpeg >/dev/null 2>&1 || packages="$packages ffmpeg"
	[ -n "$(axe_missing)" ] && ! command -v npm >/dev/null 2>&1 && packages="$packages npm"
	[ -n "$packages" ] || return 0
	if ! command -v apt-get >/dev/null 2>&1; then
		fail "please install by hand, by whatever name your system has them:$packages"
	fi
	if [ "$(id -u)" != 0 ]; then
		fail "please run: sudo apt-get install$packages"
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q
	# shellcheck disable=SC2086 # the list is ours
	apt-get install -q -y --no-install-recommends $packages && return 0
	# shellcheck disable=SC2086
	apt-get install -q -y --no-install-recommends $(echo "$packages" | sed 's/chromium-headless-shell/chromium/') ||
		fail "apt-get could not install:$packages"
}

install_axe() {
	[ -n "$(axe_missing)" ] || return 0
	command -v npm >/dev/null 2>&1 || fail "npm is needed once, to fetch axe-core $AXE_VERSION"
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	(cd "$tmp" && npm pack --silent "axe-core@$AXE_VERSION" >/dev/null) ||
		fail "npm could not fetch axe-core $AXE_VERSION"
	tar -xzf "$tmp/axe-core-$AXE_VERSION.tgz" -C "$tmp" package/axe.min.js
	echo "$AXE_SHA256  $tmp/package/axe.min.js" | sha256sum -c --status ||
		fail "axe-core $AXE_VERSION has another checksum than the one in this script"
	mkdir -p .cache
	mv "$tmp/package/axe.min.js" .cache/axe.min.js
}

install_packages
have_browser || fail "there is still no Chromium in PATH"
install_axe
