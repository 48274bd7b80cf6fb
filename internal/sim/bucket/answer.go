package bucket

import (
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// reply is an answer before faults get at it.
type reply struct {
	status int
	code   string // of an error
	header map[string]string
	body   []byte
	size   int64 // of an answer to HEAD
}

func refuse(status int, code string) reply { return reply{status: status, code: code} }

func length(r *http.Request) string { return strconv.FormatInt(r.ContentLength, 10) }

// write sends the answer; cut, it breaks off in the middle.
func (out reply) write(w http.ResponseWriter, r *http.Request, cut bool) {
	h := w.Header()
	h.Set("Content-Type", "application/xml")
	h.Set("X-Amz-Request-Id", "0000000000000000")
	for name, v := range out.header {
		h.Set(name, v)
	}
	if out.code != "" {
		out.body = []byte(xml.Header + "<Error><Code>" + out.code + "</Code><Message>" + out.code + "</Message><Resource>/</Resource><RequestId>0</RequestId></Error>")
	}
	if r.Method == http.MethodHead {
		h.Set("Content-Length", strconv.FormatInt(out.size, 10))
		w.WriteHeader(out.status)
		return
	}
	if out.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(out.body)))
	}
	w.WriteHeader(out.status)
	if cut {
		_, _ = w.Write(out.body[:len(out.body)/2]) // the caller may have gone
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(out.body) // as above
}

// answer is what the store does and says.
func (s *Sim) answer(r *http.Request, body []byte) reply {
	if code, status := s.authorized(r, body); code != "" {
		return refuse(status, code)
	}
	bucket, name, ok := s.target(r)
	switch {
	case !ok:
		return refuse(http.StatusNotImplemented, "NotImplemented")
	case bucket != s.opts.Bucket:
		return refuse(http.StatusNotFound, "NoSuchBucket")
	case r.Header.Get("X-Amz-Copy-Source") != "" || r.URL.Query().Has("uploads") || r.URL.Query().Has("uploadId"):
		return refuse(http.StatusNotImplemented, "NotImplemented")
	}
	for word := range r.URL.Query() {
		if !slices.Contains([]string{"x-id", "list-type", "max-keys", "prefix", "continuation-token", "location", "versionId"}, word) {
			return refuse(http.StatusBadRequest, "InvalidArgument")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == "" {
		return s.ofBucket(r)
	}
	return s.ofObject(r, name, body)
}

// target reads bucket and object from the path, or from host and path.
func (s *Sim) target(r *http.Request) (bucket, name string, ok bool) {
	if strings.HasPrefix(r.Host, s.opts.Bucket+".") {
		return s.opts.Bucket, strings.TrimPrefix(r.URL.Path, "/"), true
	}
	bucket, name, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return bucket, name, bucket != ""
}

func (s *Sim) ofObject(r *http.Request, name string, body []byte) reply {
	switch r.Method {
	case http.MethodPut:
		return s.put(r, name, body)
	case http.MethodGet, http.MethodHead:
		o := s.objects[name]
		if o == nil {
			return refuse(http.StatusNotFound, "NoSuchKey")
		}
		return read(r, o)
	case http.MethodDelete:
		return s.erase(r, name)
	default:
		return refuse(http.StatusMethodNotAllowed, "MethodNotAllowed")
	}
}

func (s *Sim) put(r *http.Request, name string, body []byte) reply {
	switch {
	case r.ContentLength < 0:
		return refuse(http.StatusLengthRequired, "MissingContentLength")
	case len(name) > 1024:
		return refuse(http.StatusBadRequest, "KeyTooLongError")
	}
	if code := fits(r.Header, body); code != "" {
		return refuse(http.StatusBadRequest, code)
	}
	out := reply{status: http.StatusOK, header: map[string]string{"Etag": etag(body)}}
	if old := s.objects[name]; old != nil && s.opts.Versioned {
		s.old = append(s.old, old)
	}
	s.objects[name] = s.object(name, body, r.Header)
	if s.opts.Versioned {
		s.version++
		out.header["X-Amz-Version-Id"] = fmt.Sprintf("v%d", s.version)
	}
	if s.opts.Shelf != nil && s.opts.Shelf.Keep(name, body) != nil {
		return refuse(http.StatusInternalServerError, "InternalError")
	}
	return out
}

func (s *Sim) erase(r *http.Request, name string) reply {
	out := reply{status: http.StatusNoContent}
	o := s.objects[name]
	if s.opts.Versioned && r.URL.Query().Get("versionId") == "" {
		out.header = map[string]string{"X-Amz-Delete-Marker": "true", "X-Amz-Version-Id": "marker"}
		if o != nil {
			s.old = append(s.old, o)
		}
	}
	delete(s.objects, name)
	if s.opts.Shelf != nil && s.opts.Shelf.Drop(name) != nil {
		return refuse(http.StatusInternalServerError, "InternalError")
	}
	return out
}

// read answers with an object or a range of it.
func read(r *http.Request, o *Object) reply {
	header := map[string]string{"Content-Type": "application/octet-stream", "Etag": etag(o.Body), "Accept-Ranges": "bytes", "Last-Modified": o.At.UTC().Format(http.TimeFormat)}
	asked := r.Header.Get("Range")
	if asked == "" {
		return reply{status: http.StatusOK, header: header, body: o.Body, size: o.Bytes}
	}
	m := regexp.MustCompile(`^bytes=(\d+)-(\d*)$`).FindStringSubmatch(asked)
	if m == nil {
		return reply{status: http.StatusOK, header: header, body: o.Body, size: o.Bytes} // as real ones do
	}
	from, err := strconv.ParseInt(m[1], 10, 64)
	to := o.Bytes - 1
	if m[2] != "" && err == nil {
		to, err = strconv.ParseInt(m[2], 10, 64)
	}
	if err != nil || from >= o.Bytes || to < from {
		return refuse(http.StatusRequestedRangeNotSatisfiable, "InvalidRange")
	}
	to = min(to, o.Bytes-1)
	header["Content-Range"] = fmt.Sprintf("bytes %d-%d/%d", from, to, o.Bytes)
	return reply{status: http.StatusPartialContent, header: header, body: o.Body[from : to+1], size: to + 1 - from}
}

// ofBucket answers a list or the place of the bucket.
func (s *Sim) ofBucket(r *http.Request) reply {
	q := r.URL.Query()
	switch {
	case r.Method == http.MethodHead:
		return reply{status: http.StatusOK, header: map[string]string{"X-Amz-Bucket-Region": s.opts.Located}}
	case r.Method != http.MethodGet:
		return refuse(http.StatusMethodNotAllowed, "MethodNotAllowed")
	case q.Has("location"):
		place := s.opts.Located
		if place == "us-east-1" {
			place = ""
		}
		return document(struct {
			XMLName xml.Name `xml:"LocationConstraint"`
			Place   string   `xml:",chardata"`
		}{Place: place})
	case q.Get("list-type") != "2":
		return refuse(http.StatusNotImplemented, "NotImplemented")
	default:
		return s.list(q.Get("prefix"), q.Get("continuation-token"))
	}
}

// entry is one object of a list.
type entry struct {
	Key  string
	Size int64
	ETag string
}

func (s *Sim) list(prefix, after string) reply {
	type result struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Name                  string
		Prefix                string
		KeyCount, MaxKeys     int
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []entry
	}
	out := result{Name: s.opts.Bucket, Prefix: prefix, MaxKeys: s.opts.PageSize}
	for _, name := range slices.Sorted(maps.Keys(s.objects)) {
		if !strings.HasPrefix(name, prefix) || name <= after {
			continue
		}
		if len(out.Contents) == s.opts.PageSize {
			out.IsTruncated, out.NextContinuationToken = true, out.Contents[len(out.Contents)-1].Key
			break
		}
		o := s.objects[name]
		out.Contents = append(out.Contents, entry{name, o.Bytes, etag(o.Body)})
	}
	out.KeyCount = len(out.Contents)
	return document(out)
}

func document(v any) reply {
	raw, err := xml.Marshal(v)
	if err != nil {
		return refuse(http.StatusInternalServerError, "InternalError")
	}
	return reply{status: http.StatusOK, body: append([]byte(xml.Header), raw...)}
}
