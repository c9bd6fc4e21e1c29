// gitops-diff says whether Argo CD would call an object out of sync: it compares, with Argo CD's own engine, what a chart
// renders with what the API server made of it.
//
// One JSON document a line on standard input: {"desired": OBJECT, "live": OBJECT}. For each, one line on standard output:
// {"modified": BOOL, "live": OBJECT, "predicted": OBJECT}; the objects only where they differ, as the engine compares them.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/argoproj/gitops-engine/pkg/diff"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type pair struct {
	Desired *unstructured.Unstructured `json:"desired"`
	Live    *unstructured.Unstructured `json:"live"`
}

type verdict struct {
	Modified  bool            `json:"modified"`
	Live      json.RawMessage `json:"live,omitempty"`
	Predicted json.RawMessage `json:"predicted,omitempty"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gitops-diff:", err)
		os.Exit(1)
	}
}

func run() error {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	out := json.NewEncoder(os.Stdout)
	for in.More() {
		var given pair
		if err := in.Decode(&given); err != nil {
			return err
		}
		result, err := diff.Diff(given.Desired, given.Live)
		if err != nil {
			return fmt.Errorf("%s %s: %w", given.Desired.GetKind(), given.Desired.GetName(), err)
		}
		answer := verdict{Modified: result.Modified}
		if result.Modified {
			answer.Live, answer.Predicted = result.NormalizedLive, result.PredictedLive
		}
		if err := out.Encode(answer); err != nil {
			return err
		}
	}
	return nil
}
