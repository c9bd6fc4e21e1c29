package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"os"
)

// encode plays `base64 --wrap=0`, from standard input.
func encode(arguments []string) error {
	if len(arguments) != 1 || arguments[0] != "--wrap=0" && arguments[0] != "-w0" {
		return refuse("use of base64; give --wrap=0 and standard input")
	}
	content, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	_, err = fmt.Print(base64.StdEncoding.EncodeToString(content))
	return err
}
