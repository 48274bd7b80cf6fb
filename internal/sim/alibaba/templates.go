package alibaba

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"vow.example/vow/internal/sim/kit"
)

// template is a picture whose faces can be exchanged. It stays until it is deleted.
type template struct {
	id, url, made string
	photo         photo
	held          *kit.Held
}

// faceID names a face of the template.
func (t *template) faceID(n int) string { return fmt.Sprintf("%s_%d", t.id, n) }

// infos tells the faces. The numbers are words, as in the real answer.
func (t *template) infos() []any {
	list := []any{}
	for n, f := range t.photo.faces {
		list = append(list, map[string]any{"TemplateFaceID": t.faceID(n), "FaceRect": map[string]any{
			"X": strconv.Itoa(f.Box[0]), "Y": strconv.Itoa(f.Box[1]), "Width": strconv.Itoa(f.Box[2]), "Height": strconv.Itoa(f.Box[3]),
		}})
	}
	return list
}

func addTemplate(c *call) kit.Reply {
	p, code := c.fetch("ImageURL")
	if code != "" {
		return c.refuse(code, 0)
	}
	s := c.sim
	t := &template{id: dashed(s.ID("")), photo: p, made: s.Now().UTC().Format("2006-01-02 15:04:05")}
	t.held = s.Hold(p.field, "template", p.data, http.DetectContentType(p.data), 0)
	t.url = strings.Replace(s.Publish(t.held, c.Host, "/template/"+t.id), "https://", "http://", 1)
	s.Lock()
	s.templates[t.id] = t
	s.Unlock()
	return c.data(map[string]any{"TemplateId": t.id, "FaceInfos": t.infos()})
}

func deleteTemplate(c *call) kit.Reply {
	s := c.sim
	s.Lock()
	defer s.Unlock()
	if t := s.templates[c.values["TemplateId"]]; t != nil && !c.script.Ignore {
		s.Release(t.held)
		delete(s.templates, t.id)
	}
	return kit.JSON(http.StatusOK, map[string]any{"RequestId": s.requestID()})
}

func listTemplates(c *call) kit.Reply {
	s := c.sim
	s.Lock()
	defer s.Unlock()
	var found []*template
	for _, id := range slices.Sorted(maps.Keys(s.templates)) {
		if wanted := c.values["TemplateId"]; wanted == "" || wanted == id {
			found = append(found, s.templates[id])
		}
	}
	no, _ := strconv.Atoi(cmp.Or(c.values["PageNo"], "1"))
	size, _ := strconv.Atoi(cmp.Or(c.values["PageSize"], "10"))
	from := min(len(found), (no-1)*size)
	elements := []any{}
	for _, t := range found[from:min(len(found), from+size)] {
		elements = append(elements, map[string]any{
			"TemplateId": t.id, "TemplateURL": t.url, "UserId": "1111111111111111",
			"CreateTime": t.made, "UpdateTime": t.made, "FaceInfos": t.infos(),
		})
	}
	return c.data(map[string]any{"Total": len(found), "Elements": elements})
}

// mergeFaces puts faces into a template: one face by ImageURL, or a list of pairs.
func mergeFaces(c *call) kit.Reply {
	c.sim.Lock()
	t := c.sim.templates[c.values["TemplateId"]]
	c.sim.Unlock()
	names, ok := c.pairs(t)
	if !ok {
		return c.refuse("ParameterError", 0)
	}
	pictures := []photo{t.photo}
	for _, name := range names {
		p, code := c.fetch(name)
		if code == "" && len(p.faces) == 0 {
			code = "InvalidFile.Content"
		}
		if code != "" {
			return c.refuse(code, 0)
		}
		pictures = append(pictures, p)
	}
	return c.result(c.order(pictures...))
}

// pairs returns the parameters that name faces, and whether they fit the template and each other.
func (c *call) pairs(t *template) (names []string, ok bool) {
	if t == nil {
		return nil, false
	}
	members := 0
	for name := range c.values {
		if strings.HasPrefix(name, "MergeInfos.") {
			members++
		}
	}
	for n := 1; ; n++ {
		prefix := fmt.Sprintf("MergeInfos.%d.", n)
		id, hasID := c.values[prefix+"TemplateFaceID"]
		if _, hasFace := c.values[prefix+"ImageURL"]; !hasFace || !hasID {
			break
		}
		if !slices.ContainsFunc(t.infos(), func(v any) bool { return v.(map[string]any)["TemplateFaceID"] == id }) {
			return nil, false
		}
		names = append(names, prefix+"ImageURL")
	}
	if _, single := c.values["ImageURL"]; single {
		return []string{"ImageURL"}, members == 0
	}
	return names, len(names) > 0 && members == 2*len(names)
}
