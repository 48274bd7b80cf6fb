#!/bin/sh
# things.sh draws the hair and the frames again, and writes their records. Run it in this folder.
set -eu
cd "$(dirname "$0")"
chrome=${CHROME:-chromium-headless-shell}
run() { "$chrome" --headless --no-sandbox --hide-scrollbars --default-background-color=00000000 "$@" >/dev/null 2>&1; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
credits='Drawn for Vow; free to use with the project under its licence'
hair() { # hair id en zh
	mkdir -p "../hair/$1"
	run --window-size=800,900 --screenshot="$tmp/h.png" "file://$PWD/hair.html?piece=$1"
	# Fewer shades make the file small; nobody sees the difference.
	convert "$tmp/h.png" -channel RGB +dither -posterize "${4:-40}" -channel A -posterize 24 +channel -strip -define png:compression-level=9 -define png:compression-filter=1 "PNG32:../hair/$1/hair.png"
	cat >"../hair/$1/hair.json" <<END
{
  "format": "vow/hair/1",
  "title": {"en": "$2", "zh-Hans": "$3"},
  "credits": "$credits",
  "anchors": {"left_pupil": [325, 470], "right_pupil": [475, 470], "chin": [400, 740], "forehead_top": [400, 305]}
}
END
}
frame() { # frame id pixels left,top,right,bottom(of 900) en zh
	mkdir -p "../frames/$1"
	run --window-size=900,900 --screenshot="$tmp/f.png" "file://$PWD/frame.html?frame=$1"
	convert "$tmp/f.png" -resize "$2x$2" -colors 255 -strip -define png:compression-level=9 "PNG8:../frames/$1/frame.png"
	cat >"../frames/$1/frame.json" <<END
{
  "format": "vow/frame/1",
  "title": {"en": "$4", "zh-Hans": "$5"},
  "credits": "$credits",
  "slices": [$(echo "$3" | tr , '\n' | awk "{printf \"%s%d\", s, \$1*$2/900+.5; s=\", \"}")]
}
END
}
hair afro 'Curly afro' '蓬松卷发' 20
hair bob 'Bob' '波波头'
hair bun 'Top bun' '丸子头'
hair fringe 'Long with fringe' '齐刘海长发'
hair long-wavy 'Long and wavy' '大波浪长发'
hair pixie 'Pixie' '精灵短发'
hair side-part 'Side part' '侧分短发'
frame art-deco 900 200,200,200,200 'Art deco' '装饰艺术'
frame botanical 720 171,171,171,171 'Garland' '花叶边框'
frame film 900 114,75,114,75 'Film strip' '电影胶片'
frame gold 800 150,150,150,150 'Classic gold' '古典金框'
frame neon 900 130,130,130,130 'Neon' '霓虹灯'
frame passepartout 900 140,140,140,140 'White mat' '白色卡纸'
frame walnut 900 90,90,90,90 'Walnut' '胡桃木'
