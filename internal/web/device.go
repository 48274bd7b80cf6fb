package web

import (
	"net/http"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// deviceData is the page on which a browser makes the picture itself: from the person's own photo, which
// it still has, and from a result that the server hands over one single time.
type deviceData struct {
	App     client.App
	Output  client.Output
	Feature string // title
}

// showDevice shows the page without the result: a script fetches it when the photo is at hand, because
// reading it erases it.
func showDevice(v *stage.Visit, out client.Output) error {
	d := deviceData{App: v.App, Output: out, Feature: v.FeatureTitle(out.Feature)}
	return v.Show(http.StatusOK, "device", stage.Frame{Title: v.Text("device.title"), Tab: "works", Page: "device", Data: d})
}
