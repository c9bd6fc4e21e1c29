#!/bin/sh
# As the product's script: replaces the configuration (facts/integration-and-vm.md, 4.1), so it has to be run before that is laid.
home=$(cd "$(dirname "$0")/.." && pwd) || exit 1
if [ "${1-}" != -Dprofile=key-manager ]; then
  echo "$0: the profile ${1-} does not exist" >&2
  exit 1
fi
printf '[server]\nhostname = "localhost"\n' >"$home/repository/conf/deployment.toml"
touch "$home/repository/conf/.profile"
