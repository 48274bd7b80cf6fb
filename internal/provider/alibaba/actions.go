package alibaba

// yield is what the answer of a call holds.
type yield int

const (
	nothing yield = iota // asked or told by the driver itself, never a feature
	link                 // the address of the result
	job                  // the name of a job
	faces                // attributes of faces
)

// The calls that a face swap and the follow-ups are made of.
const (
	addTemplate    = "AddFaceImageTemplate"
	mergeImageFace = "MergeImageFace"
	dropTemplate   = "DeleteFaceImageTemplate"
	findTemplate   = "QueryFaceImageTemplate"
	askJob         = "GetAsyncJobResult"
	cancelJob      = "CancelWaitingAsyncJob"
)

// action is one call of Alibaba's: where it goes, and every parameter that may go with it.
type action struct {
	name, service string
	asks          bool              // GET, with its parameters in the query
	inQuery       bool              // POST, with its parameters in the query
	pictures      []string          // parameters that take the address of a picture; exactly one is sent
	words         []string          // parameters that wiring may set, or fill from an option
	flags         []string          // of the words, those that ask for a group of the answer; one must be "true"
	always        map[string]string // sent unless wiring says otherwise
	yields        yield
}

// versionOf returns the version of a service's protocol that this driver speaks.
func versionOf(service string) string {
	switch service {
	case imageenhan:
		return "2019-09-30"
	case viapi:
		return "2023-01-17"
	default:
		return "2019-12-30"
	}
}

// actionOf returns the row of the table by name. The calls that compare, search, verify or store
// faces for recognition have none.
func actionOf(name string) (action, bool) {
	a := action{name: name, service: facebody, pictures: []string{"ImageURL"}, yields: link}
	switch name {
	case "DetectFace":
		// Positions, landmarks and poses are never asked for: only the count is kept.
		a.yields = faces
		a.words = []string{"MaxFaceNumber"}
		a.always = map[string]string{"Landmark": "false", "Pose": "false", "Quality": "false", "MaxFaceNumber": "10"}
	case "RecognizeFace":
		a.yields = faces
		a.words = []string{"Age", "Gender", "Quality", "MaxFaceNumber"}
		a.flags = []string{"Age", "Gender", "Quality"}
		a.always = map[string]string{"MaxFaceNumber": "10"}
	case addTemplate:
		a.yields = nothing
	case mergeImageFace:
		a.pictures = []string{"MergeInfos.1.ImageURL", "ImageURL"} // as a list of one, or alone
		a.words = []string{"ModelVersion", "AddWatermark", "WatermarkType"}
	case "GenerateHumanAnimeStyle":
		a.inQuery = true
		a.words = []string{"AlgoType"}
	case "GenerateHumanSketchStyle":
		a.words = []string{"ReturnType"}
	default:
		return enhancementOf(name)
	}
	return a, true
}

func enhancementOf(name string) (action, bool) {
	a := action{name: name, service: imageenhan, pictures: []string{"ImageURL"}, yields: link}
	switch name {
	case "ColorizeImage":
	case "MakeSuperResolutionImage":
		a.pictures = []string{"Url"}
		a.words = []string{"UpscaleFactor", "OutputFormat", "OutputQuality"}
	case "GenerateSuperResolutionImage":
		a.yields = job
		a.pictures = []string{"ImageUrl"}
		a.words = []string{"Scale", "OutputFormat", "OutputQuality"}
	case "GenerateCartoonizedImage":
		a.yields = job
		a.pictures = []string{"ImageUrl"}
		a.words = []string{"Index"}
	default:
		return action{}, false
	}
	return a, true
}

// about is a call about something at Alibaba, by its name there.
func about(call, service string) action { return action{name: call, service: service} }
