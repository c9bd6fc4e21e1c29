package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

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
	// stamp tells the files apart by name, size and modification time, content by what is in them.
	stamp   fileStamp
	content [sha256.Size]byte
	chart   *v2.Chart
	schema  *valuesSchema
}

// load returns a chart that the caller may change, for Helm writes into a chart's values and dependencies as it renders, and
// its compiled schema; that is nil for a chart that is not kept.
func (cache chartCache) load(path string) (*v2.Chart, *valuesSchema, error) {
	cached, known := cache[path]
	stamp, err := stampFiles(path)
	if known && err == nil && stamp.equals(cached.stamp) && cached.stamp.isSettled() {
		return copyChart(cached.chart), cached.schema, nil
	}
	content, err := hashFiles(path)
	if err != nil {
		// A path that is no chart: Helm says so in its own words.
		loaded, err := loader.Load(path)
		return loaded, nil, err
	}
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
		cached = cachedChart{content: content, chart: loaded, schema: compileSchema(loaded)}
	}
	cached.stamp = stamp
	cache[path] = cached
	return copyChart(cached.chart), cached.schema, nil
}

// copyChart copies what Helm writes into as it renders a chart without dependencies.
func copyChart(original *v2.Chart) *v2.Chart {
	fresh := *original
	metadata := *original.Metadata
	fresh.Metadata = &metadata
	fresh.Values = copyMap(original.Values)
	return &fresh
}

// fileStamp is what can be known of a chart's files without reading them.
type fileStamp struct {
	attributes [sha256.Size]byte
	newest     time.Time
	taken      time.Time
}

// settling is longer than a tick of any file system's clock. A file that changed less than this before it was looked at may change
// again without a new modification time; git tells such files apart in the same way.
const settling = 2 * time.Second

func (stamp fileStamp) isSettled() bool {
	return stamp.taken.Sub(stamp.newest) > settling
}

// equals leaves out when the files were looked at.
func (stamp fileStamp) equals(other fileStamp) bool {
	return stamp.attributes == other.attributes
}

func stampFiles(root string) (stamp fileStamp, err error) {
	stamp.taken = time.Now()
	hash := sha256.New()
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if changed := info.ModTime(); changed.After(stamp.newest) {
			stamp.newest = changed
		}
		_, err = fmt.Fprintf(hash, "%q %d %d %v\n", path, info.Size(), info.ModTime().UnixNano(), info.Mode())
		return err
	})
	stamp.attributes = [sha256.Size]byte(hash.Sum(nil))
	return stamp, err
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
