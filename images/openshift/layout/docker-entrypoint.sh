#!/bin/sh
# Does what facts/runtime.yaml (images.entrypoint_behaviour) says of the product's entrypoint: checks, copies, starts.
set -e
for folder in "$WORKING_DIRECTORY" "$WSO2_SERVER_HOME"; do
  test -d "$folder" || { echo "no folder $folder" >&2; exit 1; }
done
for kept in executionplans synapse-configs; do
  target=$WSO2_SERVER_HOME/repository/deployment/server/$kept
  if test -d "$WORKING_DIRECTORY/wso2-tmp/$kept" && test -z "$(ls "$target" 2>/dev/null)"; then
    mkdir -p "$target"
    cp -R "$WORKING_DIRECTORY/wso2-tmp/$kept/." "$target"
  fi
done
for volume in wso2-config-volume wso2-artifact-volume; do
  if test -n "$(ls "$WORKING_DIRECTORY/$volume" 2>/dev/null)"; then
    cp -RL "$WORKING_DIRECTORY/$volume/." "$WSO2_SERVER_HOME"
  fi
done
exec "$WSO2_SERVER_HOME/bin/server.sh" "$@"
