package body

import "vow.example/vow/internal/guard/egress/wire"

// mostTurns bounds a conversation: more of them are no context that a model would use.
const mostTurns = 500

// turn is one earlier turn of a conversation as its composer wrote it.
type turn struct {
	Role string `json:"role"`
	Text string `json:"text"`
}

// turns writes the earlier turns of a conversation as items of a list.
func (c *composer) turns(v wire.Turns) {
	p, _ := c.payload(v)
	written, _ := c.words(v)
	if c.rule != "" {
		return
	}
	var list []turn
	if err := strict(written, &list); err != nil || p.Code != "" || len(list) == 0 || len(list) > mostTurns {
		c.refuse("turns")
		return
	}
	for i, t := range list {
		if t.Role != "user" && t.Role != "assistant" || t.Text == "" {
			c.refuse("turn")
			return
		}
		c.comma(i)
		c.literal(`{"content":`)
		c.content(quote(t.Text), len(t.Text))
		c.literal(`,"role":"` + t.Role + `"}`)
	}
}
