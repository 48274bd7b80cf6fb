package effects

// about says what each effect does, in one sentence.
func about() map[string]string {
	return map[string]string{
		"cartoon":          "Few, flat, lively colours and ink lines.",
		"pencil":           "A drawing in graphite or coloured pencils, with hatching and paper grain.",
		"ink":              "A pen drawing: lines that follow the shapes, hatching, solid blacks.",
		"watercolor":       "Washes that run out at their edges, on rough paper.",
		"oil":              "Brush strokes that follow the shapes, with the light on the paint.",
		"mosaic":           "Tiles with grout between them.",
		"halftone":         "The dots of a printing press, in four colours or in black.",
		"tint":             "One palette over the brightness of the photo; black-and-white photos get soft colours. It knows nothing of what is seen.",
		"color_transfer":   "The colours of the second picture on the first.",
		"upscale":          "Two or four times as many pixels a side, with clear edges; nothing is invented.",
		"denoise":          "Less grain, the same edges.",
		"auto_fix":         "Exposure, contrast, white balance, colour and sharpness, a little of each.",
		"portrait_enhance": "Even skin that keeps its texture, clear eyes, pleasant light.",
		"background_blur":  "The person stays sharp, what lies behind does not.",
		"portrait_light":   "Light from another side.",
		"hair_color":       "Hair in another colour.",
		"hairstyle":        "Drawn hair on the head of the photo.",
		"portrait_frame":   "A drawn frame around the photo, the face inside.",
		"face_swap":        "The face of the photo in a drawn template, in its light and its colours.",
		"pan_zoom":         "A short film: a slow ride over the photo, towards the face where there is one.",
		"parallax":         "A short film: what is near moves before what is far, by a guess of the depth.",
		"cross_fade":       "A short film: two to six photos melt into each other.",
		"video":            "A short film of one to six photos, by the way that suits them.",
		"face_points":      "Where eyes, brows, nose, mouth and hair are, for the person's own device.",
	}
}
