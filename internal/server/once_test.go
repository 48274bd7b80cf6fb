package server

import (
	"net/http"
	"sync"
	"testing"

	"vow.example/vow/client"
	"vow.example/vow/internal/effects/samples"
	"vow.example/vow/internal/store"
	"vow.example/vow/internal/task"
)

// TestOfManyReadersAtOnceOneGetsThePoints lets as many as possible read in the same moment, again and
// again: what is read once is read once.
func TestOfManyReadersAtOnceOneGetsThePoints(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	p := h.person(t, picwiz)
	photo, err := samples.Open(samples.Astronaut)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		var k client.Task
		p.post("/v1/tasks", client.TaskCreate{
			Feature: "portrait_points", Consent: p.agree("portrait_points"), Inputs: []client.TaskInput{{Role: "photo", Upload: p.upload(photo).ID}},
		}).want(http.StatusAccepted, &k)
		k = p.until(k.ID, "succeeded")
		var o store.Object
		for _, row := range rows(t, h.core, picwiz) {
			if string(row.Object) == k.Outputs[0].ID {
				o = row
			}
		}
		who := task.Who{Subject: o.Subject, Policy: h.core.apps.policies[picwiz]}
		const readers = 48
		var all sync.WaitGroup
		start, got := make(chan struct{}), make(chan int, readers)
		for range readers {
			all.Go(func() {
				<-start
				data, err := h.core.tasks.HandOver(t.Context(), who, o)
				if (err == nil) != (len(data) > 0) {
					t.Errorf("%d bytes and %v", len(data), err)
				}
				got <- min(1, len(data))
			})
		}
		close(start)
		all.Wait()
		close(got)
		n := 0
		for one := range got {
			n += one
		}
		if n != 1 {
			t.Errorf("%d readers got the points", n)
		}
	}
}
