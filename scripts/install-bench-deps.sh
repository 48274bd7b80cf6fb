#!/bin/sh
# Installs what `make bench BENCH=native` measures against: OpenCV for Python, its cascades, and
# libvips, all from Debian. Says clearly what is missing where it cannot install.
set -eu

missing() {
	/usr/bin/python3 -c 'import cv2, numpy' 2>/dev/null || echo python3-opencv python3-numpy
	[ -e /usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml ] || echo opencv-data
	command -v vipsthumbnail >/dev/null 2>&1 || echo libvips-tools
}

packages=$(missing | tr '\n' ' ')
[ -n "$packages" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
	echo "install-bench-deps: please install: $packages" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# shellcheck disable=SC2086 # the list is ours
apt-get install -q -y --no-install-recommends $packages
