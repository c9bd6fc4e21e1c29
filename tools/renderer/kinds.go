package main

import (
	"slices"
	"strings"

	"k8s.io/client-go/kubernetes/scheme"
)

// KindsRequest asks for the kinds of Kubernetes' own API.
type KindsRequest struct{}

// kinds lists `apiVersion Kind` of everything that Kubernetes' own client knows: what an API server has without custom resources.
func kinds() []string {
	var known []string
	for kind := range scheme.Scheme.AllKnownTypes() {
		// The options and events of requests are no objects.
		if kind.Version == "__internal" || strings.HasSuffix(kind.Kind, "Options") || strings.HasSuffix(kind.Kind, "Event") && kind.Kind != "Event" {
			continue
		}
		known = append(known, kind.GroupVersion().String()+" "+kind.Kind)
	}
	slices.Sort(known)
	return known
}
