#!/bin/sh
# As the product's script: the shell waits for the server and passes no signal on (facts/runtime.yaml#start_script).
home=$(cd "$(dirname "$0")/.." && pwd) || exit 1
if [ "${0##*/}" = key-manager.sh ] && [ ! -e "$home/repository/conf/.profile" ]; then
  echo "$0: no profile is set up: run profileSetup.sh -Dprofile=key-manager before" >&2
  exit 1
fi
"$home/bin/am-standin" "$0" "$@"
exit $?
