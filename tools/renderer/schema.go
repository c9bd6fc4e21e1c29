package main

import (
	"bytes"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2"
)

// schemaURL is the name under which Helm compiles a chart's schema.
const schemaURL = "file:///values.schema.json"

// valuesSchema is the schema of one version of a chart. Helm compiles it anew for every render, which costs more than the
// validation itself. A nil one accepts nothing.
type valuesSchema struct {
	compiled *jsonschema.Schema
}

// compileSchema returns nil for a chart without schema, and for a schema that only Helm can judge: one that is broken, or that
// refers to other files.
func compileSchema(chart *v2.Chart) *valuesSchema {
	if len(chart.Schema) == 0 {
		return nil
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(chart.Schema))
	if err != nil {
		return nil
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(jsonschema.SchemeURLLoader{})
	if err := compiler.AddResource(schemaURL, document); err != nil {
		return nil
	}
	compiled, err := compiler.Compile(schemaURL)
	if err != nil {
		return nil
	}
	return &valuesSchema{compiled: compiled}
}

// accepts is true when the schema allows what Helm would show to the templates. It leaves the chart and the values as they are.
func (schema *valuesSchema) accepts(chart *v2.Chart, merged map[string]any) bool {
	if schema == nil {
		return false
	}
	coalesced, err := util.CoalesceValues(copyChart(chart), merged)
	if err != nil {
		return false
	}
	return schema.compiled.Validate(coalesced.AsMap()) == nil
}
