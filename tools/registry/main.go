// A registry for tests: the reference implementation with its file system only, without the clouds' storage, which would take
// most of the time to build.
//
//	registry serve CONFIG     the configuration is that of distribution, with `storage: filesystem` or `inmemory`
//	registry --version
package main

import (
	"os"

	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
)

func main() {
	if err := registry.RootCmd.Execute(); err != nil {
		os.Exit(1)
	}
}
