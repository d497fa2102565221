package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/jamsession/jamsession/internal/printable"
)

// legible returns a text as it is, except for what could do something to a terminal.
func legible(text string) string { return printable.Text(text) }

// legibleJSON writes the characters of strings in JSON as themselves, likewise.
func legibleJSON(text []byte) []byte { return printable.JSON(text) }

// writeJSON writes a value as one line of JSON in which [legible] has nothing to escape.
func writeJSON(w io.Writer, value any) error {
	text, err := json.Marshal(value)
	if err == nil {
		_, err = fmt.Fprintln(w, legible(string(text)))
	}
	return err
}

// writeJSONLines writes a line for each value.
func writeJSONLines[T any](w io.Writer, list []T) error {
	for _, value := range list {
		if err := writeJSON(w, value); err != nil {
			return err
		}
	}
	return nil
}
