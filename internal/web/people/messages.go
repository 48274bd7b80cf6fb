package people

import (
	"net/url"
	"slices"
	"strings"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// messages is the table of what an app writes to people about: a row for each kind, a column for each channel
// that anything goes over.
type messages struct {
	Channels []string
	Rows     []messageRow
	Switches []string // of the policy, that a whole channel hangs on
	Choice   bool     // there is something that this person may switch
}

// messageRow is one kind, with a cell for each channel of the table.
type messageRow struct {
	Kind  string
	Cells []messageCell
}

// messageCell is one kind on one channel.
type messageCell struct {
	client.MessageWay
	Name string // of the field in the form
}

// readMessages reads how everything stands with the person. A stranger sees what could be switched.
func readMessages(v *stage.Visit) (messages, error) {
	if v.Token == "" {
		listed, err := v.API().PolicyMessages(v.Context(), v.App.ID)
		return tabled(published(listed)), err
	}
	own, err := v.API().Messages(v.Context())
	d := tabled(own.Data)
	d.Choice = slices.ContainsFunc(d.Rows, func(r messageRow) bool {
		return slices.ContainsFunc(r.Cells, func(c messageCell) bool { return c.CanBeOff })
	})
	return d, err
}

// published is what the policy says, as if it were somebody's.
func published(listed []client.PolicyMessage) (list []client.MessageKind) {
	for _, m := range listed {
		k := client.MessageKind{Kind: m.Kind}
		for _, c := range m.Channels {
			w := client.MessageWay{Channel: c, Sent: true, CanBeOff: slices.Contains(m.CanBeOff, c)}
			if c != "in_app" {
				w.Switch = m.Switch
			}
			k.Ways = append(k.Ways, w)
		}
		list = append(list, k)
	}
	return list
}

// tabled puts kinds and channels into rows and columns.
func tabled(list []client.MessageKind) (d messages) {
	for _, m := range list {
		for _, w := range m.Ways {
			if w.Sent && !slices.Contains(d.Channels, w.Channel) {
				d.Channels = append(d.Channels, w.Channel)
			}
			if w.Sent && w.Switch != "" && !slices.Contains(d.Switches, w.Switch) {
				d.Switches = append(d.Switches, w.Switch)
			}
		}
	}
	for _, m := range list {
		row := messageRow{Kind: m.Kind}
		for _, c := range d.Channels {
			cell := messageCell{MessageWay: client.MessageWay{Channel: c}, Name: m.Kind + "." + c}
			if at := slices.IndexFunc(m.Ways, func(w client.MessageWay) bool { return w.Channel == c }); at >= 0 {
				cell.MessageWay = m.Ways[at]
			}
			row.Cells = append(row.Cells, cell)
		}
		d.Rows = append(d.Rows, row)
	}
	return d
}

// chosen reads the form of the table: what it showed, and what of it is ticked.
func chosen(form url.Values) []client.MessageChoice {
	list := []client.MessageChoice{}
	for _, name := range form["known"] {
		kind, channel, _ := strings.Cut(name, ".")
		list = append(list, client.MessageChoice{Kind: kind, Channel: channel, Off: !slices.Contains(form["on"], name)})
	}
	return list
}
