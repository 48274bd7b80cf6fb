package server

import (
	"vow.example/vow/internal/api/rest"
	apitalk "vow.example/vow/internal/api/talk"
	"vow.example/vow/internal/talk"
)

// talkRoutes are the routes of conversations.
func (c *core) talkRoutes() func(*rest.Server) {
	return apitalk.Routes(&talk.Service{DB: c.db, Vault: c.vault, Tasks: c.tasks, Eraser: c.eraser, Clock: c.clock})
}
