package main

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// PodSecurityRequest asks what Pod Security admission says about pods.
type PodSecurityRequest struct {
	// Level is privileged, baseline or restricted.
	Level string `json:"level"`
	// Version is a Kubernetes version such as v1.31, or latest.
	Version string        `json:"version"`
	Pods    []PodTemplate `json:"pods"`
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

// PodViolation is one failed check, in the words of the API server.
type PodViolation struct {
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

func evaluatePodSecurity(request *PodSecurityRequest) ([]PodVerdict, error) {
	level, err := api.ParseLevel(request.Level)
	if err != nil {
		return nil, fmt.Errorf("pod security level: %w", err)
	}
	version, err := api.ParseVersion(request.Version)
	if err != nil {
		return nil, fmt.Errorf("pod security version: %w", err)
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil, err
	}
	verdicts := make([]PodVerdict, len(request.Pods))
	for index := range request.Pods {
		pod := &request.Pods[index]
		violations := []PodViolation{}
		for _, result := range evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: version}, &pod.Metadata, &pod.Spec) {
			if !result.Allowed {
				violations = append(violations, PodViolation{Reason: result.ForbiddenReason, Detail: result.ForbiddenDetail})
			}
		}
		verdicts[index] = PodVerdict{Violations: violations}
	}
	return verdicts, nil
}
