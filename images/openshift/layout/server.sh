#!/bin/sh
# Writes wherever facts/runtime.yaml says that a server writes, and says by whom it was started.
set -e
cd "$WSO2_SERVER_HOME"
rm -rf tmp/*
echo $$ > wso2carbon.pid
for folder in tmp repository/logs repository/conf repository/database repository/deployment/server/webapps repository/components/lib repository/resources/security; do
  echo written > "$folder/written"
done
mkdir -p ../solr/indexed-data && echo written > ../solr/indexed-data/written
echo "# rewritten" >> repository/conf/deployment.toml
echo "started as $(id -u):$(id -g) with $(head -n 1 repository/conf/deployment.toml)"
