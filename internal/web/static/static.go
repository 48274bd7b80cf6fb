// Package static holds the style sheet, scripts and icons of the web pages.
//
// It promises that everything in it may be served to anybody. It never holds anything of a person.
package static

import "embed"

// Files are the static files.
//
//go:embed *.css *.js *.svg *.json *.md
var Files embed.FS
