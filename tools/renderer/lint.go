package main

import (
	"errors"
	"strings"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
)

// LintRequest holds the arguments of `helm lint --strict`.
type LintRequest struct {
	Chart       string   `json:"chart"`
	ValuesFiles []string `json:"valuesFiles"`
}

// LintResponse holds what `helm lint --strict --quiet` prints.
type LintResponse struct {
	// Messages are the warnings and errors in Helm's own form, such as "[WARNING] templates/: directory not found".
	Messages []string `json:"messages"`
}

// Lint takes the path of `helm lint`.
func (r *Renderer) Lint(request *LintRequest) (*LintResponse, error) {
	merged, err := r.mergeValues(request.ValuesFiles, nil, nil)
	if err != nil {
		return nil, err
	}
	client := action.NewLint()
	client.Strict = true
	client.Namespace = "default"
	result := client.Run([]string{request.Chart}, merged)
	if len(result.Messages) == 0 && len(result.Errors) > 0 {
		return nil, errors.Join(result.Errors...)
	}
	response := &LintResponse{Messages: []string{}}
	for _, message := range result.Messages {
		if message.Severity > support.InfoSev {
			response.Messages = append(response.Messages, strings.TrimSpace(message.Error()))
		}
	}
	return response, nil
}
