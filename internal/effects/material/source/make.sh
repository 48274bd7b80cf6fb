#!/bin/sh
# make.sh [scene …] draws the templates again: headless Chromium runs the shaders on the CPU, ImageMagick
# makes the files small. Run it in this folder. CHROME may be set.
set -eu
cd "$(dirname "$0")"
chrome=${CHROME:-chromium-headless-shell}
run() { "$chrome" --headless --no-sandbox --hide-scrollbars --use-angle=swiftshader --enable-unsafe-swiftshader --disable-gpu-watchdog "$@" 2>/dev/null; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
[ $# -gt 0 ] || set -- $(ls *.js | sed 's/\.js$//' | grep -v '^head$')
for id in "$@"; do
	page="file://$PWD/render.html?scene=$id"
	to=../templates/$id
	mkdir -p "$to"
	run --window-size=900,1200 --screenshot="$tmp/picture.png" "$page&view=picture&samples=4" >/dev/null
	run --window-size=900,1200 --screenshot="$tmp/mask.png" "$page&view=mask" >/dev/null
	run --dump-dom "$page&view=record" | sed -n '/<pre id="log"/,/<\/pre>/p' | sed 's/.*<pre[^>]*>//; s/<\/pre>.*//' >"$to/template.json"
	convert "$tmp/picture.png" -strip -sampling-factor 4:4:4 -quality 88 -define jpeg:extent=300kb "$to/picture.jpg"
	# Open closes the pinholes, erode keeps the soft edge inside the drawn skin.
	convert "$tmp/mask.png" -colorspace Gray -morphology Close Disk:3 -morphology Erode Disk:9 -blur 0x6 -depth 8 -strip "$to/mask.png"
	echo "$id"
done
