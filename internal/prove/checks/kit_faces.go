package checks

import (
	"encoding/json"
	"slices"

	"vow.example/vow/client"
	"vow.example/vow/internal/prove/probe"
)

// start agrees to the job and asks for its task, and does not wait.
func (j job) start(p *probe.Probe, who *probe.Person) (k client.Task, f probe.Photo, upload string) {
	o, f := j.order(p, who)
	o.Consent = who.Decide(j.feature, "granted").ID
	who.Try(o).Fine().Into(&k)
	return k, f, o.Photos[j.photo]
}

// killed: the server is killed while the task runs. Afterwards the task has failed, the photo cannot be
// read, and nothing of it is anywhere. A server that is done before the kill is given more to do.
func (j job) killed(p *probe.Probe) {
	const tries = 4
	for range tries {
		who := p.Person()
		k, f, upload := j.start(p, who)
		p.Restart()
		after := who.Wait(k.ID)
		p.Nowhere("the photo of the killed job", f.Marks()...)
		who.Get("/v1/uploads/"+upload).Is(410, "erased")
		if !p.OK() || after.State != "succeeded" {
			p.Must(after.State == "failed", "the task that was killed has ended as %s", after.State)
			return
		}
	}
	p.Failf("the job was done before the server could be killed, %d times", tries)
}

// canceled: a task that is stopped leaves no photo either.
func (j job) canceled(p *probe.Probe) {
	who := p.Person()
	k, f, upload := j.start(p, who)
	who.Send("POST", "/v1/tasks/"+k.ID+"/cancel", nil).Is(200)
	p.Must(who.Wait(k.ID).State == "canceled", "the task has ended without a result")
	who.Get("/v1/uploads/"+upload).Is(410, "erased")
	p.Nowhere("the photo of the stopped task", f.Marks()...)
}

// goneBeforeResult: while the result is still being made, the source is gone already.
func (j job) goneBeforeResult(p *probe.Probe) {
	who := p.Person()
	k, f, upload := j.start(p, who)
	state := ""
	p.Until("the end of the analysis", func() bool {
		if who.Get("/v1/uploads/"+upload).Status != 410 {
			return false
		}
		state = who.Task(k.ID).State
		return true
	})
	p.Must(state == "generating" || state == "sending", "the photo is gone while the task is still %s", state)
	who.Get("/v1/uploads/"+upload).Is(410, "erased")
	p.Nowhere("the photo", f.Marks()...)
	p.Must(who.Wait(k.ID).State == "succeeded", "the task was finished from memory")
}

// memoryOnly: an upload that waits is on no disk, in no log and in no bucket.
func memoryOnly(p *probe.Probe) {
	who, f := p.Person(), p.NewPhoto()
	u := who.Upload(f)
	p.Must(u.Storage == "memory", "the upload says that it is held in memory")
	who.Get("/v1/uploads/" + u.ID).Is(200)
	p.Nowhere("the waiting photo", f.Marks()...)
}

// inBucket is what a simulated bucket shows of itself.
type inBucket struct {
	Violations []string `json:"violations"`
	Objects    []struct {
		Name    string            `json:"name"`
		Bytes   int64             `json:"bytes"`
		Headers map[string]string `json:"headers"`
	} `json:"objects"`
	Calls []struct {
		Method  string            `json:"method"`
		Path    string            `json:"path"`
		Query   string            `json:"query"`
		Headers map[string]string `json:"headers"`
		Bytes   int64             `json:"bytes"`
	} `json:"calls"`
}

func bucketOf(p *probe.Probe, id string) (b inBucket) {
	p.Ask("GET", "/demo/recipients/"+id+"/received", nil).Fine().Into(&b)
	return b
}

// stored counts the objects that were put into the bucket.
func (b inBucket) stored() (n int) {
	for _, c := range b.Calls {
		if c.Method == "PUT" {
			n++
		}
	}
	return n
}

// noSource: the bucket takes ciphertext of the result only; while a photo waits, nothing is put there.
func (j job) noSource(bucket string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		who, f := p.Person(), p.NewPhoto()
		before := bucketOf(p, bucket).stored()
		u := who.Upload(f)
		p.Must(bucketOf(p, bucket).stored() == before, "the upload puts nothing into the bucket")
		k := who.Make(probe.Order{Feature: j.feature, Photos: map[string]string{j.photo: u.ID}, Params: j.params})
		after := bucketOf(p, bucket)
		p.Must(after.stored() > before, "the result was put into the bucket")
		raw, err := json.Marshal(after)
		p.Check(err)
		p.NotReceived("the photo, the person or the names of things", append(f.Marks(), []byte(who.Subject), []byte(u.ID), []byte(k.ID))...)
		p.Must(len(after.Violations) == 0 && len(raw) > 0, "nothing beside ciphertext under a random name reached the bucket")
		for _, o := range after.Objects {
			p.Must(o.Headers["Content-Type"] == "" || o.Headers["Content-Type"] == "application/octet-stream", "the object %.6s… has no telling type", o.Name)
		}
		p.Nowhere("the photo", f.Marks()...)
	}
}

// withoutDevice: no call to the bucket carries anything of a device: known headers, no metadata, no query
// of its own.
func (j job) withoutDevice(bucket string) func(*probe.Probe) {
	return func(p *probe.Probe) {
		model := probe.Mark("model")
		who := p.Person().With("User-Agent", model).With("X-Device-Model", model)
		o, _ := j.order(p, who)
		who.Make(o)
		b := bucketOf(p, bucket)
		p.Must(len(b.Calls) > 0, "the bucket was called %d times", len(b.Calls))
		p.NotReceived("what the device says of itself", []byte(model), []byte(who.Subject))
		known := []string{"Accept-Encoding", "Content-Length", "Content-Type", "Content-Md5", "User-Agent", "X-Amz-Content-Sha256", "X-Amz-Date", "Range", "If-None-Match", "X-Amz-Checksum-Sha256", "Amz-Sdk-Request", "Amz-Sdk-Invocation-Id"}
		for _, c := range b.Calls {
			for name := range c.Headers {
				if !slices.Contains(known, name) {
					p.Failf("a call to the bucket carries the header %s", name)
				}
			}
		}
		p.Saw("no header of %d calls says anything of a device", len(b.Calls))
	}
}
