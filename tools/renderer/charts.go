package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	helmchart "helm.sh/helm/v4/pkg/chart"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
)

// maxCharts bounds the memory of a server that is shown thousands of temporary charts (mutants of one chart).
const maxCharts = 32

// chartCache keeps loaded charts by their path until one of their files changes.
type chartCache map[string]cachedChart

type cachedChart struct {
	content [sha256.Size]byte
	chart   *v2.Chart
	// accepted remembers which values the chart's schema allows. Helm compiles the schema anew for every render, and most
	// renders of a suite differ in their names only.
	accepted *acceptedValues
}

// load returns a chart that the caller may change, for Helm writes into a chart's values and dependencies as it renders, and
// what is known of its schema; that is nil for a chart that is not kept.
func (cache chartCache) load(path string) (*v2.Chart, *acceptedValues, error) {
	content, err := hashFiles(path)
	if err != nil {
		// A path that is no chart: Helm says so in its own words.
		loaded, err := loader.Load(path)
		return loaded, nil, err
	}
	cached, known := cache[path]
	if !known || cached.content != content {
		loaded, err := loader.Load(path)
		if err != nil {
			return nil, nil, err
		}
		if len(loaded.Metadata.Dependencies) > 0 || len(loaded.Dependencies()) > 0 {
			// Helm also changes which subcharts a chart has, so that only a fresh one is right.
			return loaded, nil, nil
		}
		if len(cache) >= maxCharts {
			clear(cache)
		}
		cached = cachedChart{content: content, chart: loaded, accepted: &acceptedValues{}}
		cache[path] = cached
	}
	fresh := *cached.chart
	metadata := *cached.chart.Metadata
	fresh.Metadata = &metadata
	fresh.Values = copyMap(cached.chart.Values)
	return &fresh, cached.accepted, nil
}

// maxAccepted bounds the memory of a server that renders one chart with thousands of values.
const maxAccepted = 1024

// acceptedValues holds digests of values that one version of a chart was rendered with. A nil one knows nothing.
type acceptedValues struct {
	digests map[[sha256.Size]byte]struct{}
}

// digestOf is false for values that JSON cannot hold.
func digestOf(values map[string]any) (digest [sha256.Size]byte, ok bool) {
	encoded, err := json.Marshal(values)
	return sha256.Sum256(encoded), err == nil
}

func (accepted *acceptedValues) contains(digest [sha256.Size]byte) bool {
	if accepted == nil {
		return false
	}
	_, known := accepted.digests[digest]
	return known
}

func (accepted *acceptedValues) add(digest [sha256.Size]byte) {
	if accepted == nil {
		return
	}
	if accepted.digests == nil || len(accepted.digests) >= maxAccepted {
		accepted.digests = map[[sha256.Size]byte]struct{}{}
	}
	accepted.digests[digest] = struct{}{}
}

// hashFiles covers the names and contents of all files: modification times are too coarse for tests that write a
// file twice within one tick of the clock.
func hashFiles(root string) (sum [sha256.Size]byte, err error) {
	hash := sha256.New()
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, part := range [][]byte{[]byte(path), content} {
			if err := binary.Write(hash, binary.LittleEndian, uint64(len(part))); err != nil {
				return err
			}
			hash.Write(part)
		}
		return nil
	})
	if err != nil {
		return sum, fmt.Errorf("reading %s: %w", root, err)
	}
	return [sha256.Size]byte(hash.Sum(nil)), nil
}

func checkDependencies(chart *v2.Chart) error {
	var required []helmchart.Dependency
	for _, dependency := range chart.Metadata.Dependencies {
		required = append(required, dependency)
	}
	if len(required) == 0 {
		return nil
	}
	return action.CheckDependencies(chart, required)
}

func copyMap(original map[string]any) map[string]any {
	copied := make(map[string]any, len(original))
	for key, value := range original {
		copied[key] = copyValue(value)
	}
	return copied
}

func copyValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		return copyMap(value)
	case []any:
		copied := make([]any, len(value))
		for index, item := range value {
			copied[index] = copyValue(item)
		}
		return copied
	default:
		return value
	}
}
