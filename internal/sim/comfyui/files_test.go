package comfyui_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"

	"vow.example/vow/internal/sim/comfyui"
)

func TestABlankPictureTakesThePlaceOfAPersons(t *testing.T) {
	t.Parallel()
	s := start(t, comfyui.Options{})
	call(t, s, "POST", "/prompt", graph())
	finished(t, s)
	const name = "0123456789abcdef0123456789abcdef.png"
	upload(t, s, name, "subfolder", "j1")
	var pixel bytes.Buffer
	if err := png.Encode(&pixel, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	for file, values := range map[string][]string{
		name: {"subfolder", "j1", "overwrite", "true"}, "j1_00001_.png": {"subfolder", "j1", "overwrite", "true", "type", "output"},
	} {
		if status, body := uploadOf(t, s, pixel.Bytes(), file, values...); status != http.StatusOK || !strings.Contains(body, `"name":"`+file+`"`) {
			t.Errorf("%d %s", status, body)
		}
	}
	if kinds := held(s); !slices.Equal(kinds, []string{"text prompt"}) {
		t.Errorf("held: %v", kinds)
	}
	if left := s.Leftovers(); !slices.Equal(left, []string{"input/j1/" + name, "output/j1/j1_00001_.png"}) {
		t.Errorf("left over: %v", left)
	}
	for _, query := range []string{"filename=" + name + "&subfolder=j1&type=input", "filename=j1_00001_.png&subfolder=j1&type=output"} {
		if _, file := call(t, s, "GET", "/view?"+query, ""); file != pixel.String() {
			t.Errorf("%s is no blank", query)
		}
	}
	if odd := s.Received().Violations; len(odd) > 0 {
		t.Errorf("a blank is taken for a person's: %v", odd)
	}
	uploadOf(t, s, pixel.Bytes(), "holiday.png")
	if !slices.Contains(s.Received().Violations, "file name: not random") {
		t.Error("a name that the server never gave out goes through")
	}
}
