package e2e
import ("testing";"os")
func TestSmoke(t *testing.T) {
	s := newStage(t)
	p := newTab(t, s.url, phone())
	p.open("/")
	t.Log(p.where())
	p.open("/pixplus/e/avatar")
	t.Log(p.where())
	p.press("input[value='astronaut.jpg']")
	p.press("#go")
	p.there("dialog[open]")
	t.Log(p.text("dialog"))
	p.shot("/tmp","x.png")
	p2 := newTab(t, s.url, phone().in("zh-CN"))
	p2.scriptless()
	p2.open("/pixplus/e/avatar/consent")
	p2.press("button[value=granted]")
	p2.there("input[type=file]")
	t.Log(p2.where())
	_ = os.Args
}
