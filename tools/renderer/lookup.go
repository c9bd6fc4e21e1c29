package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kubejson "sigs.k8s.io/json"
)

// lookupFunction answers the template function `lookup` from objects, as an API server that has them and nothing else would: the
// object of a name, or all of a kind in a list, and an empty map for what is not there.
func lookupFunction(raw []json.RawMessage) (func(apiVersion, kind, namespace, name string) (map[string]any, error), error) {
	objects := make([]unstructured.Unstructured, len(raw))
	for index, text := range raw {
		if err := kubejson.UnmarshalCaseSensitivePreserveInts(text, &objects[index].Object); err != nil {
			return nil, fmt.Errorf("an object for lookup cannot be read: %w", err)
		}
		keepAsData(objects[index].Object)
	}
	return func(apiVersion, kind, namespace, name string) (map[string]any, error) {
		items := []any{}
		for _, object := range objects {
			// What has no namespace is found in any.
			elsewhere := namespace != "" && object.GetNamespace() != "" && object.GetNamespace() != namespace
			if elsewhere || object.GetAPIVersion() != apiVersion || object.GetKind() != kind {
				continue
			}
			// A template may change what it gets.
			found := object.DeepCopy().Object
			if name == "" {
				items = append(items, found)
			} else if object.GetName() == name {
				return found, nil
			}
		}
		if name != "" {
			return map[string]any{}, nil
		}
		return map[string]any{"apiVersion": apiVersion, "kind": kind + "List", "items": items}, nil
	}, nil
}

// keepAsData does to a Secret what the API server does: it gives back as data what was written as stringData.
func keepAsData(object map[string]any) {
	written, ok := object["stringData"].(map[string]any)
	if !ok || object["kind"] != "Secret" {
		return
	}
	data, ok := object["data"].(map[string]any)
	if !ok {
		data = map[string]any{}
		object["data"] = data
	}
	for key, value := range written {
		data[key] = base64.StdEncoding.EncodeToString([]byte(fmt.Sprint(value)))
	}
	delete(object, "stringData")
}
