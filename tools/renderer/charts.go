package main

import (
	"crypto/sha256"
	"encoding/binary"
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
}

// load returns a chart that the caller may change: Helm writes into a chart's values and dependencies as it renders.
func (cache chartCache) load(path string) (*v2.Chart, error) {
	content, err := hashFiles(path)
	if err != nil {
		// A path that is no chart: Helm says so in its own words.
		return loader.Load(path)
	}
	cached, known := cache[path]
	if !known || cached.content != content {
		loaded, err := loader.Load(path)
		if err != nil {
			return nil, err
		}
		if len(loaded.Metadata.Dependencies) > 0 || len(loaded.Dependencies()) > 0 {
			// Helm also changes which subcharts a chart has, so that only a fresh one is right.
			return loaded, nil
		}
		if len(cache) >= maxCharts {
			clear(cache)
		}
		cached = cachedChart{content: content, chart: loaded}
		cache[path] = cached
	}
	fresh := *cached.chart
	metadata := *cached.chart.Metadata
	fresh.Metadata = &metadata
	fresh.Values = copyMap(cached.chart.Values)
	return &fresh, nil
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
