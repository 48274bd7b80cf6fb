package alibaba

import (
	"math"
	"strconv"

	"vow.example/vow/internal/sim/kit"
)

// The sizes of what Alibaba tells of a face.
const (
	landmarks  = 105
	embedding  = 1024
	likelihood = 0.99
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// found fetches the picture and returns its faces, at most as many as the call asks for.
func (c *call) found(most int) ([]Face, string) {
	p, code := c.fetch("ImageURL")
	if code != "" {
		return nil, code
	}
	if n, err := strconv.Atoi(c.values["MaxFaceNumber"]); err == nil {
		most = n
	}
	return p.faces[:min(len(p.faces), most)], ""
}

// places is what every analysis tells: how many faces, where, how sure.
func places(list []Face) map[string]any {
	return map[string]any{
		"FaceCount":           len(list),
		"FaceRectangles":      each(list, func(f Face) []int { return f.Box[:] }),
		"FaceProbabilityList": each(list, func(Face) []float64 { return []float64{likelihood} }),
	}
}

// each joins what it takes from every face.
func each[T any](list []Face, take func(Face) []T) []T {
	out := []T{}
	for _, f := range list {
		out = append(out, take(f)...)
	}
	return out
}

// spread makes n numbers that depend on the face alone.
func spread(f Face, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.Round(1e4*math.Sin(float64(i+1)*(f.Quality+float64(f.Age)+float64(f.Box[0])))) / 1e4
	}
	return out
}

func qualities(list []Face) map[string]any {
	out := map[string]any{"ScoreList": each(list, func(f Face) []float64 { return []float64{f.Quality} })}
	for _, name := range []string{"BlurList", "FnfList", "GlassList", "IlluList", "MaskList", "NoiseList", "PoseList"} {
		out[name] = each(list, func(f Face) []float64 { return []float64{math.Min(100, f.Quality+5)} })
	}
	return out
}

// detectFace tells landmarks and pupils even where the call does not want them: what is not asked
// for must be dropped by whoever reads it.
func detectFace(c *call) kit.Reply {
	list, code := c.found(30)
	if code != "" {
		return c.refuse(code, 0)
	}
	data := places(list)
	data["LandmarkCount"] = landmarks
	data["Landmarks"] = each(list, func(f Face) []float64 { return spread(f, 2*landmarks) })
	data["LandmarkScore"] = each(list, func(Face) []float64 { return []float64{likelihood} })
	data["Pupils"] = each(list, func(f Face) []float64 { return spread(f, 6) })
	if c.values["Pose"] != "false" {
		data["PoseList"] = each(list, func(f Face) []float64 { return spread(f, 3) })
	}
	if c.values["Quality"] != "false" {
		data["Qualities"] = qualities(list)
	}
	return c.data(data)
}

// recognizeFace tells the flagged groups. A call without a flag is told everything, vectors
// included.
func recognizeFace(c *call) kit.Reply {
	_, flagged := c.values["MaxFaceNumber"]
	for _, name := range recognizeFlags() {
		_, set := c.values[name]
		flagged = flagged || set
	}
	most := 1
	if !flagged {
		most = 10
	}
	list, code := c.found(most)
	if code != "" {
		return c.refuse(code, 0)
	}
	data := places(list)
	one := func(v int) func(Face) []int { return func(Face) []int { return []int{v} } }
	for flag, group := range map[string]func(){
		"Age":        func() { data["AgeList"] = each(list, func(f Face) []int { return []int{f.Age} }) },
		"Gender":     func() { data["GenderList"] = each(list, func(f Face) []int { return []int{f.Gender} }) },
		"Hat":        func() { data["HatList"] = each(list, one(0)) },
		"Glass":      func() { data["Glasses"] = each(list, one(0)) },
		"Expression": func() { data["Expressions"] = each(list, one(1)) },
		"Mask":       func() { data["Masks"] = each(list, one(0)) },
		"Beauty":     func() { data["BeautyList"] = each(list, func(f Face) []float64 { return []float64{f.Quality} }) },
		"Quality":    func() { data["Qualities"] = qualities(list) },
	} {
		if !flagged || c.values[flag] == "true" {
			group()
		}
	}
	if !flagged {
		data["DenseFeatureLength"] = embedding
		data["DenseFeatures"] = each(list, func(f Face) []float64 { return spread(f, embedding) })
		data["LandmarkCount"], data["Landmarks"] = landmarks, each(list, func(f Face) []float64 { return spread(f, 2*landmarks) })
		data["PoseList"] = each(list, func(f Face) []float64 { return spread(f, 3) })
	}
	return c.data(data)
}
