package main

import (
	"encoding/base64"
	"strings"
	"text/template"
	"time"
)

// deterministicFunctions replace the random template functions by constants of the same shape, so that two renders of
// one chart can be compared. Functions that make keys and certificates stay random: a constant key would have to be
// made up for each algorithm, and the charts take theirs from Secrets.
func deterministicFunctions() template.FuncMap {
	repeat := func(text string) func(int) string {
		return func(count int) string {
			return strings.Repeat(text, max(count, 0))
		}
	}
	return template.FuncMap{
		"randAlphaNum": repeat("x"),
		"randAlpha":    repeat("x"),
		"randAscii":    repeat("x"),
		"randNumeric":  repeat("7"),
		"randBytes": func(count int) (string, error) {
			return base64.StdEncoding.EncodeToString(make([]byte, max(count, 0))), nil
		},
		"randInt": func(low, _ int) int { return low },
		"uuidv4":  func() string { return "00000000-0000-4000-8000-000000000000" },
		"shuffle": func(text string) string { return text },
		"now":     func() time.Time { return time.Unix(0, 0).UTC() },
	}
}
