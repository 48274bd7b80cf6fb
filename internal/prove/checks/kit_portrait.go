package checks

import (
	"bytes"
	"crypto/rand"
	"image"
	"image/color"
	"image/png"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// plain draws a small picture that shows nobody, with a band of noise by which it is found again.
func plain(p *probe.Probe) probe.Photo {
	const side, band, pixels = 160, 40, 16
	img := image.NewNRGBA(image.Rect(0, 0, side, side))
	noise := make([]byte, 3*side*band)
	_, _ = rand.Read(noise) // never fails: crypto/rand ends the program instead
	for y := range side {
		for x := range side {
			c := color.NRGBA{uint8(x), uint8(y), 120, 255}
			if i := 3 * (y*side + x); y < band {
				c = color.NRGBA{noise[i], noise[i+1], noise[i+2], 255}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	at := img.PixOffset(side/2, band/2)
	var b bytes.Buffer
	p.Check(png.Encode(&b, img))
	return probe.Photo{File: b.Bytes(), Type: "image/png", Hidden: probe.Mark("meta"), Pixels: img.Pix[at : at+4*pixels], Coded: b.Bytes()[1024 : 1024+48]}
}

// with is the job's order with given photos.
func (j job) with(p *probe.Probe, who *probe.Person, f probe.Photo) probe.Order {
	o := probe.Order{Feature: j.feature, Params: j.params, Prompt: j.prompt, Photos: map[string]string{j.photo: who.Upload(f).ID}}
	if j.also != "" {
		o.Photos[j.also] = who.Upload(f).ID
	}
	return o
}

// needsFace: where the photo shows nobody, the feature looks for a face and finds none.
func (j job) needsFace(p *probe.Probe) {
	who := p.Person()
	k := who.Run(j.with(p, who, plain(p)))
	p.Must(k.State == "failed" && k.Error != nil && k.Error.Code == "no-face", "with a photo that shows nobody, %s ends for want of a face", j.feature)
}

// needsNoFace: the feature makes its picture of anything.
func (j job) needsNoFace(p *probe.Probe) {
	who := p.Person()
	who.Make(j.with(p, who, plain(p)))
	p.Saw("with a photo that shows nobody, %s makes its picture", j.feature)
}

// made: the feature makes a picture here, its owner downloads it, and no fact about a face is kept.
func (j job) made(p *probe.Probe) {
	who, before := p.Person(), p.Traffic()
	o, _ := j.order(p, who)
	k := who.Make(o)
	file := content(who, k)
	p.Must(len(file) > 1000, "%s made a picture of %d bytes", j.feature, len(file))
	noFaceFacts(p, who)
	p.Silent(before)
}

// picks: the value of a parameter decides what is made, and a value that is not offered is refused.
func (j job) picks(param, one, other string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, f := p.Person(), p.NewPhoto()
		var made [][]byte
		for _, value := range []string{one, other} {
			j.params = map[string]string{param: value}
			made = append(made, content(who, who.Make(j.with(p, who, f))))
		}
		p.Must(len(made[0]) > 1000 && len(made[1]) > 1000 && !bytes.Equal(made[0], made[1]), "%s and %s give two pictures", one, other)
		o := j.with(p, who, f)
		o.Params, o.Consent = map[string]string{param: "somebody"}, who.Decide(j.feature, "granted").ID
		who.Try(o).Is(422, "validation")
	}
}

// stripped: what the camera wrote into the photo is nowhere from the upload on, and not in the result.
func (j job) stripped(p *probe.Probe) {
	who := p.Person()
	o, f := j.order(p, who)
	p.Must(bytes.Contains(f.File, []byte(f.Hidden)), "the file that is uploaded tells where it was taken")
	p.Somewhere("the photo", f.Coded)
	p.Nowhere("what the camera wrote", []byte(f.Hidden))
	file := content(who, who.Make(o))
	p.Must(len(file) > 0 && !bytes.Contains(file, []byte(f.Hidden)), "the result does not tell it")
	p.Nowhere("what the camera wrote, after the task", []byte(f.Hidden))
}

func wizPoints() job { return job{feature: "portrait_points", photo: "photo"} }

// pointsOnce: the owner reads the points one single time; nobody else does, and they are on no disk.
func pointsOnce(p *probe.Probe) {
	who, before := p.Person(), p.Traffic()
	f := p.NewPhoto()
	marks := pointsOf(p, f)
	k := who.Make(wizPoints().with(p, who, f))
	path := "/v1/outputs/" + last(k.Outputs).ID + "/content"
	p.Nowhere("the points that wait for their owner", marks...)
	p.Person().Get(path).Is(404)
	p.Ask("GET", path, nil).Is(401)
	a := who.Get(path).Is(200).Holds("left_pupil", "mouth_left", "hair")
	p.Must(a.Header.Get("Cache-Control") == "no-store", "the answer may be stored nowhere")
	who.Get(path).Is(410, "erased")
	p.Nowhere("the points that were handed over", marks...)
	p.Silent(before)
}

// pointsEnd: points that nobody fetches end in a day.
func pointsEnd(p *probe.Probe) {
	who := p.Person()
	k := who.Make(wizPoints().with(p, who, p.NewPhoto()))
	path := "/v1/outputs/" + last(k.Outputs).ID
	p.Advance("PT23H")
	who.Get(path).Is(200)
	p.Advance("PT1H")
	who.Get(path+"/content").Is(410, "erased")
}

// materials: the drawn things are served whole: a picture for each, and a mask for each template.
func materials(p *probe.Probe) {
	var page struct {
		Data []struct {
			ID, Kind string
			Files    map[string]string
		} `json:"data"`
	}
	p.Ask("GET", "/v1/apps/"+p.App+"/materials", nil).Is(200).Into(&page)
	count := map[string]int{}
	for _, m := range page.Data {
		need := []string{"picture", "record"}
		if m.Kind == "template" {
			need = append(need, "mask")
		}
		for _, name := range need {
			if a := p.Ask("GET", m.Files[name], nil).Fine(); len(a.Body) == 0 {
				p.Failf("the %s of %s is empty", name, m.ID)
			}
		}
		count[m.Kind]++
	}
	p.Must(count["template"] > 0 && count["hair"] > 0 && count["frame"] > 0, "%d templates, %d hairstyles and %d frames are served with their files", count["template"], count["hair"], count["frame"])
}

// noFaceGone: the photo of a task that failed for want of a face ends as any other.
func (j job) noFaceGone(after string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, f := p.Person(), plain(p)
		o := wizSwap().with(p, who, f)
		p.Must(who.Run(o).State == "failed", "the task failed")
		p.Somewhere("the photo of the failed task", f.Coded)
		p.Advance(after)
		for _, id := range o.Photos {
			who.Get("/v1/uploads/"+id).Is(410, "erased")
		}
		p.Nowhere("the photo of the failed task", f.Coded, f.Pixels)
	}
}

// counted: a group is shown from this size on, and not below.
func (j job) counted(least int) func(*probe.Probe) {
	return func(p *probe.Probe) {
		p.Advance("P1D")
		groups := func() string {
			day := p.Now().UTC().Format("2006-01-02")
			return string(auditor.send(p, "GET", "statistics?app="+p.App+"&from="+day+"&to="+day, nil).Fine().Body)
		}
		make1 := func() {
			who := p.Person()
			who.Make(j.with(p, who, plain(p)))
		}
		for range least - 1 {
			make1()
		}
		shown := `"feature":"` + j.feature + `"`
		p.Must(!bytes.Contains([]byte(groups()), []byte(shown)), "of %d people nothing is shown", least-1)
		make1()
		p.Must(bytes.Contains([]byte(groups()), []byte(shown)), "of %d people a count is shown", least)
		who := p.Person()
		k := who.Make(j.with(p, who, plain(p)))
		for _, word := range []string{who.Subject, k.ID, last(k.Outputs).ID} {
			p.Must(!bytes.Contains([]byte(groups()), []byte(word)), "it names no person and no thing")
		}
	}
}

// consentEnds: a consent that is taken back opens nothing more, and stays on record.
func (j job) consentEnds(p *probe.Probe) {
	who := p.Person()
	o, _ := j.order(p, who)
	k := who.Make(o)
	who.Send("DELETE", "/v1/consents/"+k.Consent, nil).Fine()
	o, _ = j.order(p, who)
	who.Try(o).Is(403, "consent-withdrawn", "consent-required")
	var page client.Page[client.Consent]
	who.Get("/v1/consents").Is(200).Into(&page)
	p.Must(len(page.Data) == 1 && page.Data[0].ID == k.Consent && page.Data[0].Decision == "withdrawn", "the record says when it was given and taken back")
	p.Must(who.Task(k.ID).State == "succeeded", "what was made before stands")
}

// cameraOff: what comes from a camera whose permission was taken back is refused; from the library it is
// taken, and from the camera again once it is granted.
func cameraOff(p *probe.Probe) {
	who := p.Person()
	upload := func(origin string, f probe.Photo) probe.Answer { return who.UploadFrom(origin, f) }
	grant(who, "granted", "camera")
	upload("capture", p.NewPhoto()).Is(201)
	grant(who, "denied", "camera")
	f := p.NewPhoto()
	upload("capture", f).Is(409, "permission-required")
	p.Nowhere("the photo of the camera", f.Marks()...)
	upload("library", p.NewPhoto()).Is(201)
	grant(who, "granted", "camera")
	upload("capture", p.NewPhoto()).Is(201)
}
