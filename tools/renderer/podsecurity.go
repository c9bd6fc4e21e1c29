package main

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/policy"
	kubejson "sigs.k8s.io/json"
)

// PodSecurityRequest asks what the restricted level of Pod Security admission forbids, as the newest Kubernetes version has it.
type PodSecurityRequest struct {
	// Pods are templates: objects with metadata and spec.
	Pods []json.RawMessage `json:"pods"`
}

// PodTemplate is the part of a workload that becomes a pod.
type PodTemplate struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     corev1.PodSpec    `json:"spec"`
}

// PodVerdict lists what the level forbids; a pod without violations is admitted.
type PodVerdict struct {
	Violations []PodViolation `json:"violations"`
}

// PodViolation is one failed check.
type PodViolation struct {
	// Check is the identifier of the check in the admission library.
	Check policy.CheckID `json:"check"`
	// Reason and Detail are the words of the API server.
	Reason string `json:"reason"`
	Detail string `json:"detail"`
	// Place is the container at fault, as a JSON pointer into the pod's spec; empty when it is the pod itself.
	Place string `json:"place,omitempty"`
}

// PodSecurity judges pods with Kubernetes' own checks.
type PodSecurity struct {
	checks []policy.Check
}

// NewPodSecurity takes the checks of the restricted level, those of the baseline that it does not replace included.
func NewPodSecurity() *PodSecurity {
	replaced := map[policy.CheckID]bool{}
	for _, check := range policy.DefaultChecks() {
		for _, id := range newest(check).OverrideCheckIDs {
			replaced[id] = true
		}
	}
	judge := &PodSecurity{}
	for _, check := range policy.DefaultChecks() {
		if !replaced[check.ID] {
			judge.checks = append(judge.checks, check)
		}
	}
	return judge
}

func newest(check policy.Check) policy.VersionedCheck {
	return check.Versions[len(check.Versions)-1]
}

// Judge reads pods as the API server does, except that a field of a wrong type counts as left out: schemas tell those.
func (judge *PodSecurity) Judge(request *PodSecurityRequest) []PodVerdict {
	verdicts := make([]PodVerdict, len(request.Pods))
	for index, raw := range request.Pods {
		pod := readPod(raw)
		violations := []PodViolation{}
		for _, check := range judge.checks {
			violations = append(violations, violationsOf(check, &pod)...)
		}
		verdicts[index] = PodVerdict{Violations: violations}
	}
	return verdicts
}

// readPod leaves out what has a wrong type.
func readPod(raw json.RawMessage) (pod PodTemplate) {
	if kubejson.UnmarshalCaseSensitivePreserveInts(raw, &pod) == nil {
		return pod
	}
	// A quantity or port that cannot be read ends the reading there, and what comes after it would be lost.
	var tree any
	if json.Unmarshal(raw, &tree) != nil {
		return pod
	}
	dropSelfReading(tree)
	if cleaned, err := json.Marshal(tree); err == nil {
		pod = PodTemplate{}
		_ = kubejson.UnmarshalCaseSensitivePreserveInts(cleaned, &pod)
	}
	return pod
}

// selfReading are the fields with quantities, ports and times, whose types read themselves. No check looks at them.
var selfReading = []string{"resources", "overhead", "sizeLimit", "divisor", "port", "creationTimestamp", "deletionTimestamp"}

func dropSelfReading(tree any) {
	switch tree := tree.(type) {
	case map[string]any:
		for _, name := range selfReading {
			delete(tree, name)
		}
		for _, value := range tree {
			dropSelfReading(value)
		}
	case []any:
		for _, value := range tree {
			dropSelfReading(value)
		}
	}
}

// violationsOf tells the containers at fault apart, which the library names in one sentence: each is judged alone in its pod.
func violationsOf(check policy.Check, pod *PodTemplate) []PodViolation {
	whole := result(check, pod, pod.Spec, "")
	if whole == nil {
		return nil
	}
	bare := pod.Spec
	bare.InitContainers, bare.Containers, bare.EphemeralContainers = nil, nil, nil
	if result(check, pod, bare, "") != nil {
		return whole
	}
	var found []PodViolation
	for index := range pod.Spec.InitContainers {
		alone := bare
		alone.InitContainers = pod.Spec.InitContainers[index : index+1]
		found = append(found, result(check, pod, alone, fmt.Sprintf("/initContainers/%d", index))...)
	}
	for index := range pod.Spec.Containers {
		alone := bare
		alone.Containers = pod.Spec.Containers[index : index+1]
		found = append(found, result(check, pod, alone, fmt.Sprintf("/containers/%d", index))...)
	}
	for index := range pod.Spec.EphemeralContainers {
		alone := bare
		alone.EphemeralContainers = pod.Spec.EphemeralContainers[index : index+1]
		found = append(found, result(check, pod, alone, fmt.Sprintf("/ephemeralContainers/%d", index))...)
	}
	if len(found) == 0 {
		return whole
	}
	return found
}

// result is nil when the check allows the pod.
func result(check policy.Check, pod *PodTemplate, spec corev1.PodSpec, place string) []PodViolation {
	verdict := newest(check).CheckPod(&pod.Metadata, &spec)
	if verdict.Allowed {
		return nil
	}
	return []PodViolation{{Check: check.ID, Reason: verdict.ForbiddenReason, Detail: verdict.ForbiddenDetail, Place: place}}
}
