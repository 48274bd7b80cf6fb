package apidoc_test

import (
	"strings"
	"testing"

	"vow.example/vow/internal/web/apidoc"
)

const sample = `{"info":{"title":"Vow","version":"1"},
"paths":{"/v1/tasks":{"post":{"tags":["create"],"summary":"Make","requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/TaskCreate"}}}},
"responses":{"202":{"description":"Accepted","content":{"application/json":{"schema":{"type":"array","items":{"$ref":"#/components/schemas/Task"}}}}},"201":{"description":"Made"}}},
"get":{"tags":["create"],"responses":{}}},"/healthz":{"get":{"responses":{}}},"/v1/me":{"get":{"responses":{}}}},
"components":{"schemas":{"Task":{"type":"object","required":["id"],"properties":{"id":{"type":"string"},"$schema":{"type":"string"},"when":{"type":["string"]}}},"Any":{}}}}`

func TestAnAPIIsReadInAFixedOrder(t *testing.T) {
	t.Parallel()
	doc, err := apidoc.Parse(strings.NewReader(sample))
	if err != nil {
		t.Fatal(err)
	}
	var groups []string
	for _, g := range doc.Groups {
		groups = append(groups, g.Name)
	}
	if strings.Join(groups, " ") != "create me server" || doc.Title != "Vow" {
		t.Errorf("groups are %v", groups)
	}
	ops := doc.Groups[0].Operations
	if ops[0].Method != "GET" || ops[1].Method != "POST" || ops[1].Anchor != "op-post-v1-tasks" {
		t.Errorf("operations are %v", ops)
	}
	if in := ops[1].In[0]; in.Name() != "TaskCreate" || in.Target() != "TaskCreate" {
		t.Errorf("the body is %s", in.Name())
	}
	out := ops[1].Out
	if out[0].Status != "201" || out[1].Schema.Name() != "Task[]" || out[1].Schema.Target() != "Task" {
		t.Errorf("the answers are %v", out)
	}
}

func TestATypeListsItsFieldsWithoutMachinery(t *testing.T) {
	t.Parallel()
	doc, err := apidoc.Parse(strings.NewReader(sample))
	if err != nil {
		t.Fatal(err)
	}
	task := doc.Schemas[1]
	if task.Name != "Task" || len(task.Fields) != 2 || !task.Fields[0].Required || task.Fields[1].Schema.Name() != "string" || task.Fields[1].Schema.Target() != "" {
		t.Errorf("the type is %v", task)
	}
	if doc.Schemas[0].Name != "Any" || len(doc.Schemas[0].Fields) != 0 {
		t.Errorf("the empty type is %v", doc.Schemas[0])
	}
}

func TestWhatIsNoDocumentIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := apidoc.Parse(strings.NewReader("<html>")); err == nil {
		t.Error("there was no error")
	}
}
