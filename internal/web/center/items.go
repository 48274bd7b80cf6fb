package center

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vow.example/vow/client"
	"vow.example/vow/internal/web/stage"
)

// itemsData lists what is held, one by one.
type itemsData struct {
	App     client.App
	Session bool
	Items   []client.Item
	Titles  map[string]string
	Receipt string          // of the item that was deleted just now
	Problem *client.Problem // why one was not
}

func items(v *stage.Visit) error {
	return showItems(v, http.StatusOK, itemsData{Receipt: v.R.URL.Query().Get("receipt")})
}

func showItems(v *stage.Visit, status int, d itemsData) error {
	d.App, d.Session = v.App, v.Token != ""
	var err error
	if d.Session {
		if d.Items, err = client.Collect(v.API().Items(v.Context())); err != nil {
			return err
		}
	}
	if d.Titles, err = guest(v).Titles(); err != nil {
		return err
	}
	return v.Show(status, "items", stage.Frame{Title: v.Text("center.items"), Tab: "privacy", Narrow: true, Data: d})
}

func deleteItem(v *stage.Visit) error {
	if v.Token == "" {
		return v.Redirect("/", v.App.ID, "/privacy/items")
	}
	r, err := v.API().DeleteItem(v.Context(), v.R.PathValue("id"))
	if err == nil {
		v.W.Header().Set("Clear-Site-Data", `"cache"`)
		return v.Redirect("/", v.App.ID, "/privacy/items?receipt="+r.ID)
	}
	p := stage.AsProblem(err)
	if p.Status != http.StatusConflict {
		return err
	}
	return showItems(v, p.Status, itemsData{Problem: v.Describe(p)})
}

// transfersFile hands over the list of transfers for other programs.
func transfersFile(v *stage.Visit) error {
	name := v.R.PathValue("file")
	write := map[string]func(http.ResponseWriter, []client.Transfer) error{"transfers.csv": writeCSV, "transfers.json": writeJSON}[name]
	if write == nil {
		return v.Fail(http.StatusNotFound, "not-found")
	}
	if v.Token == "" {
		return v.Redirect("/", v.App.ID, "/privacy#who")
	}
	list, err := client.Collect(v.API().Transfers(v.Context()))
	if err != nil {
		return err
	}
	v.W.Header().Set("Content-Disposition", `attachment; filename="`+v.App.ID+"-"+name+`"`)
	return write(v.W, list)
}

func writeJSON(w http.ResponseWriter, list []client.Transfer) error {
	if list == nil {
		list = []client.Transfer{}
	}
	b, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return fmt.Errorf("center: transfers: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(b, '\n'))
	return nil
}

func writeCSV(w http.ResponseWriter, list []client.Transfer) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	out := csv.NewWriter(w)
	_ = out.Write([]string{"at", "recipient", "name", "country", "feature", "fields", "bytes", "purpose", "consent", "outcome", "their_copy_until"})
	for _, t := range list {
		_ = out.Write([]string{
			t.At.UTC().Format(time.RFC3339), t.Recipient.ID, t.Recipient.Name, t.Recipient.Region, t.Feature, strings.Join(t.Fields, " "),
			strconv.FormatInt(t.Bytes, 10), t.Purpose, t.Consent, t.Outcome, moment(t.ProviderKeepsUntil),
		})
	}
	out.Flush() // an error means that the reader left
	return nil
}

func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
