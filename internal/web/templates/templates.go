// Package templates holds the HTML templates of the web pages.
//
// It promises one file per page. It never holds a word that people read: words are in the
// catalogues.
package templates

import "embed"

// Files are the templates; layout.html and parts.html are shared by all.
//
//go:embed *.html
var Files embed.FS
