package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"text/template"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/cli"
	"helm.sh/helm/v4/pkg/cli/values"
	"helm.sh/helm/v4/pkg/getter"
	release "helm.sh/helm/v4/pkg/release/v1"
	"helm.sh/helm/v4/pkg/release/v1/util"
	"helm.sh/helm/v4/pkg/strvals"
	"sigs.k8s.io/yaml"
)

// RenderRequest holds the arguments of `helm template`.
type RenderRequest struct {
	Chart                string          `json:"chart"`
	Release              string          `json:"release"`
	Namespace            string          `json:"namespace"`
	ValuesFiles          []string        `json:"valuesFiles"`
	Values               json.RawMessage `json:"values"`
	Set                  []string        `json:"set"`
	KubeVersion          string          `json:"kubeVersion"`
	APIVersions          []string        `json:"apiVersions"`
	IsUpgrade            bool            `json:"isUpgrade"`
	SkipTests            bool            `json:"skipTests"`
	SkipSchemaValidation bool            `json:"skipSchemaValidation"`
	// Deterministic replaces the random template functions by constants of the same shape.
	Deterministic bool `json:"deterministic"`
	// Objects are those that `lookup` finds; it finds nothing when there are none.
	Objects []json.RawMessage `json:"objects"`
	// Lenient asks for all documents although one of them is no YAML; Helm gives them for debugging, unsorted and with the hooks.
	Lenient bool `json:"lenient"`
	// Parse asks for each document as JSON too, read as Kubernetes reads it.
	Parse bool `json:"parse"`
}

// RenderResponse is what `helm template` prints, and what it does not print.
type RenderResponse struct {
	// Manifest is the output of `helm template`, byte for byte.
	Manifest string `json:"manifest"`
	Notes    string `json:"notes,omitempty"`
	// Documents are the manifest's documents as JSON, those without content left out, when they were asked for.
	Documents []json.RawMessage `json:"documents,omitempty"`
}

// Renderer keeps the charts that it has loaded.
type Renderer struct {
	charts  chartCache
	getters getter.Providers
}

// NewRenderer makes a renderer that knows no chart yet.
func NewRenderer() *Renderer {
	return &Renderer{charts: chartCache{}, getters: getter.All(cli.New())}
}

// Render takes the path of `helm template`: merge values, load, check dependencies, install as a client-side dry run.
func (r *Renderer) Render(request *RenderRequest) (*RenderResponse, error) {
	configuration := action.NewConfiguration()
	if request.Deterministic {
		configuration.CustomTemplateFuncs = deterministicFunctions()
	}
	if len(request.Objects) > 0 {
		lookup, err := lookupFunction(request.Objects)
		if err != nil {
			return nil, err
		}
		functions := template.FuncMap{"lookup": lookup}
		maps.Copy(functions, configuration.CustomTemplateFuncs)
		configuration.CustomTemplateFuncs = functions
	}
	client := action.NewInstall(configuration)
	client.DryRunStrategy = action.DryRunClient
	client.Replace = true
	client.ReleaseName = request.Release
	client.Namespace = request.Namespace
	client.APIVersions = common.VersionSet(request.APIVersions)
	client.IsUpgrade = request.IsUpgrade
	client.SkipSchemaValidation = request.SkipSchemaValidation
	if request.KubeVersion != "" {
		version, err := common.ParseKubeVersion(request.KubeVersion)
		if err != nil {
			return nil, fmt.Errorf("invalid kube version '%s': %w", request.KubeVersion, err)
		}
		client.KubeVersion = version
	}

	merged, err := r.mergeValues(request.ValuesFiles, request.Values, request.Set)
	if err != nil {
		return nil, err
	}
	chart, schema, err := r.charts.load(request.Chart)
	if err != nil {
		return nil, err
	}
	// Values that are refused, Helm shall refuse in its own words.
	if !request.SkipSchemaValidation && schema.accepts(chart, merged) {
		client.SkipSchemaValidation = true
	}
	if kind := chart.Metadata.Type; kind != "" && kind != "application" {
		return nil, fmt.Errorf("%s charts are not installable", kind)
	}
	if err := checkDependencies(chart); err != nil {
		return nil, fmt.Errorf("an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies: %w", err)
	}

	releaser, err := client.Run(chart, merged)
	rendered, ok := releaser.(*release.Release)
	switch {
	case err != nil && ok && request.Lenient && isNotYAML(err):
		return &RenderResponse{Manifest: documents(rendered.Manifest)}, nil
	case err != nil:
		return nil, err
	case !ok:
		return nil, fmt.Errorf("helm returned a release of unknown type %T", releaser)
	}
	return respond(rendered, request)
}

// isNotYAML tells whether everything was rendered, but not everything can be read (sortManifests in helm's pkg/release/v1/util).
func isNotYAML(err error) bool {
	return strings.HasPrefix(err.Error(), "YAML parse error on ")
}

// documents puts the files of a manifest in the order of their names, since Helm walks a map, and says of each document which file it
// comes from, as Helm does when it can read them.
func documents(manifest string) string {
	const source = "---\n# Source: "
	files := strings.Split("\n"+manifest, "\n"+source)
	slices.Sort(files)
	var all strings.Builder
	for _, file := range files {
		name, content, _ := strings.Cut(file, "\n")
		pieces := util.SplitManifests(content)
		keys := slices.Collect(maps.Keys(pieces))
		sort.Sort(util.BySplitManifestsOrder(keys))
		for _, key := range keys {
			fmt.Fprintf(&all, "%s%s\n%s\n", source, name, pieces[key])
		}
	}
	return all.String()
}

// mergeValues puts the inline values between the files and the assignments, as a last values file.
func (r *Renderer) mergeValues(paths []string, inline json.RawMessage, set []string) (map[string]any, error) {
	files := values.Options{ValueFiles: paths}
	merged, err := files.MergeValues(r.getters)
	if err != nil {
		return nil, err
	}
	if len(inline) > 0 {
		last, err := loader.LoadValues(bytes.NewReader(inline))
		if err != nil {
			return nil, fmt.Errorf("failed to parse inline values: %w", err)
		}
		merged = loader.MergeMaps(merged, last)
	}
	for _, assignment := range set {
		if err := strvals.ParseInto(assignment, merged); err != nil {
			return nil, fmt.Errorf("failed parsing --set data: %w", err)
		}
	}
	return merged, nil
}

func respond(rendered *release.Release, request *RenderRequest) (*RenderResponse, error) {
	var manifest strings.Builder
	fmt.Fprintln(&manifest, strings.TrimSpace(rendered.Manifest))
	for _, hook := range rendered.Hooks {
		if request.SkipTests && slices.Contains(hook.Events, release.HookTest) {
			continue
		}
		fmt.Fprintf(&manifest, "---\n# Source: %s\n%s\n", hook.Path, hook.Manifest)
	}
	response := &RenderResponse{Manifest: manifest.String()}
	if rendered.Info != nil {
		response.Notes = rendered.Info.Notes
	}
	if request.Parse {
		return response, response.parse()
	}
	return response, nil
}

// parse reads each document as the API server's clients do: YAML 1.1 scalars, a key given twice is an error.
func (response *RenderResponse) parse() error {
	for _, text := range strings.Split("\n"+response.Manifest, "\n---\n") {
		parsed, err := yaml.YAMLToJSONStrict([]byte(text))
		if err != nil {
			first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
			return fmt.Errorf("%s: %w", strings.TrimPrefix(first, "# Source: "), err)
		}
		if string(parsed) != "null" {
			response.Documents = append(response.Documents, parsed)
		}
	}
	return nil
}
