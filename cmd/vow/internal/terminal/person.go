// Package terminal is the face of the main job: for a person at a terminal, and for a script.
//
// It promises that the whole disclosure is printed before a question is asked, that the default
// answer is no, and that no text of a server can steer the terminal. It never decides anything.
package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/term"

	"vow.example/vow/client"
	"vow.example/vow/cmd/vow/internal/photojob"
)

const barWidth = 30

// Person talks to a person. It implements photojob.UI.
type Person struct {
	in   *bufio.Reader
	out  io.Writer
	live bool   // out redraws lines
	bar  bool   // a progress line is open
	last string // last state line, where lines are not redrawn
}

// NewPerson returns the face for a person. A progress bar appears where out is a terminal.
func NewPerson(in io.Reader, out io.Writer) *Person {
	return &Person{in: bufio.NewReader(in), out: out, live: IsTerminal(out)}
}

// IsTerminal reports whether a person sits at the other end of v.
func IsTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Disclosure prints what, to whom, why and how long.
func (p *Person) Disclosure(f client.Feature, d client.Disclosure) {
	h := headingsIn(d.Language)
	p.title(d.Title)
	p.line("%s", d.Summary)
	p.title(h.what)
	for _, w := range d.What {
		mark := ""
		if w.Sensitive {
			mark = h.sensitive
		}
		p.line("  - %s%s", w.Text, mark)
	}
	if len(d.Fixed) > 0 {
		p.line("  %s", h.fixed)
	}
	for _, fixed := range d.Fixed {
		p.line("    - %s", fixed)
	}
	if d.NotSent != "" {
		p.line("  %s%s", h.notSent, d.NotSent)
	}
	p.title(h.who)
	for _, r := range d.Who {
		p.line("  - %s", recipient(r, h))
	}
	if d.Model != "" {
		p.line("  %s%s", h.model, d.Model)
	}
	p.title(h.why)
	p.line("  %s", d.Why)
	p.title(h.keep)
	for _, k := range d.Keep {
		p.line("  - %s, %s: %s", k.Where, k.What, k.Text)
	}
	if len(d.Links) > 0 {
		p.title(h.more)
	}
	for _, l := range d.Links {
		p.line("  - %s: %s", l.Text, l.URL)
	}
	p.line("")
	p.line("Policy %s, feature %s, text %s", d.PolicyVersion, f.ID, d.Hash)
	p.line("")
}

func recipient(r client.RecipientRef, h headings) string {
	text := r.Name
	if text == "" {
		text = r.ID
	}
	var about []string
	switch r.Kind {
	case "local":
		about = append(about, h.stays)
	case "third_party_ai":
		about = append(about, h.thirdParty)
	case "":
	default:
		about = append(about, strings.ReplaceAll(r.Kind, "_", " "))
	}
	if r.Region != "" {
		about = append(about, r.Region)
	}
	if len(about) > 0 {
		text += " (" + strings.Join(about, ", ") + ")"
	}
	if r.PolicyURL != "" {
		text += "  " + r.PolicyURL
	}
	return text
}

// Confirm asks and reads one line. Anything but a clear yes is a no, the end of input too. It
// returns early with an error when ctx ends.
func (p *Person) Confirm(ctx context.Context, question string) (bool, error) {
	p.closeBar()
	fmt.Fprint(p.out, clean(question))
	type answer struct {
		line string
		err  error
	}
	answers := make(chan answer, 1) // the reader may outlive the question: a terminal read cannot be stopped
	go func() {
		line, err := p.in.ReadString('\n')
		answers <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(p.out)
		return false, ctx.Err()
	case a := <-answers:
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return false, a.err
		}
		switch strings.ToLower(strings.TrimSpace(a.line)) {
		case "y", "yes", "是", "同意":
			return true, nil
		}
		return false, nil
	}
}

// State draws the progress bar, or prints a line where something changed.
func (p *Person) State(s client.TaskState) {
	text := s.Progress.Message
	if text == "" {
		text = s.State
	}
	if s.Progress.QueuePosition > 0 {
		text += fmt.Sprintf(" (place %d in the queue)", s.Progress.QueuePosition)
	}
	if !p.live {
		if line := s.State + ": " + text; line != p.last {
			p.last = line
			p.line("%s", line)
		}
		return
	}
	percent := min(max(s.Progress.Percent, 0), 100)
	full := percent * barWidth / 100
	fmt.Fprintf(p.out, "\r\x1b[K[%s%s] %3d%% %s", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), percent, clean(text))
	p.bar = true
}

// Transfer says what left, and to whom. Bytes that the recipient has yet to read through a link are
// not counted here.
func (p *Person) Transfer(t client.TransferState) {
	size := ""
	if t.Bytes > 0 {
		size = fmt.Sprintf(" (%d bytes)", t.Bytes)
	}
	p.line("Sent to %s: %s%s", t.Recipient, strings.Join(t.Fields, ", "), size)
}

// Note prints one line.
func (p *Person) Note(text string) { p.line("%s", text) }

// Words prints a text as it is, and facts about a picture as a small table.
func (p *Person) Words(w photojob.Words) {
	p.line("")
	if w.Attributes != nil {
		for _, row := range table(*w.Attributes) {
			p.line("%s", row)
		}
	}
	if w.Text != "" {
		for row := range strings.SplitSeq(strings.TrimRight(w.Text, "\n"), "\n") {
			p.line("%s", row)
		}
	}
	p.line("")
}

// table lays out what was measured, a line for each face. A column that nobody asked for is absent.
func table(a client.Attributes) []string {
	var rows []string
	if a.FaceCount != nil {
		rows = append(rows, fmt.Sprintf("Faces: %d", *a.FaceCount))
	}
	type column struct {
		title string
		cells []string
	}
	var columns []column
	for _, c := range []column{{"Age", a.Ages}, {"Gender", a.Genders}, {"Quality", numbers(a.Quality)}} {
		if len(c.cells) > 0 {
			columns = append(columns, c)
		}
	}
	if len(columns) == 0 {
		return rows
	}
	for n := range 1 + max(len(a.Ages), len(a.Genders), len(a.Quality)) {
		row := "Face"
		if n > 0 {
			row = strconv.Itoa(n)
		}
		row = fmt.Sprintf("%-6s", row)
		for _, c := range columns {
			cell := c.title
			if n > len(c.cells) {
				cell = "-"
			} else if n > 0 {
				cell = c.cells[n-1]
			}
			row += fmt.Sprintf("%-9s", cell)
		}
		rows = append(rows, strings.TrimRight(row, " "))
	}
	return rows
}

func numbers(list []int) []string {
	out := make([]string, 0, len(list))
	for _, n := range list {
		out = append(out, strconv.Itoa(n))
	}
	return out
}

func (p *Person) title(text string) {
	p.line("")
	p.line("%s", text)
}

func (p *Person) line(format string, args ...any) {
	p.closeBar()
	fmt.Fprintln(p.out, clean(fmt.Sprintf(format, args...)))
}

func (p *Person) closeBar() {
	if p.bar {
		fmt.Fprintln(p.out)
		p.bar = false
	}
}

// clean removes what could steer a terminal or turn the reading direction: a disclosure must be
// read as it was written.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, s)
}
