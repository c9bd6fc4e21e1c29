#!/usr/bin/env bash
# Stands in for every program of a guide that needs a cloud or a cluster. It is called by the name of the program that it
# stands for, writes down how it was called, keeps what a cluster would have been given, and refuses files that are not there.
# `helm install` and `helm upgrade` of a chart on disk are rendered by the real Helm instead.
#
# STAGE/calls           one line a call, each argument quoted for the shell
# STAGE/applied/N.yaml  what `kubectl apply -f` was given
# STAGE/json/NAME       JSON that a cloud was given
# STAGE/renders/N.yaml  what Helm rendered, N.args its arguments, one a line
set -euo pipefail

name=$(basename "$0")
stage=$(dirname "$(dirname "$0")")

fail() {
  echo "$name: $*" >&2
  exit 1
}

# A file that the call reads.
reads() {
  [[ $1 == http*://* || -e $1 ]] || fail "no file $1 here: nothing in the guide makes it"
  # What was downloaded is empty here.
  if [[ $1 == *.json && -s $1 ]]; then cp "$1" "$stage/json/"; fi
}

# A new file in a folder of the stage, numbered in the order of calls.
numbered() {
  local files=("$stage/$1"/*.yaml)
  [[ -e ${files[0]} ]] || files=()
  printf '%s/%s/%04d' "$stage" "$1" "${#files[@]}"
}

rendered() {
  local arguments=() file
  shift
  while (($#)); do
    case $1 in
      --install | --create-namespace | --wait | --wait=* | --atomic | --rollback-on-failure) ;;
      --timeout) shift ;;
      *) arguments+=("$1") ;;
    esac
    shift
  done
  file=$(numbered renders)
  printf '%s\n' "${arguments[@]}" >"$file.args"
  # A failed render leaves nothing that could be taken for one.
  "$HELM" template "${arguments[@]}" >"$file.unfinished" || fail "Helm refuses these values"
  mv "$file.unfinished" "$file.yaml"
}

printf '%s' "$name" >>"$stage/calls"
printf ' %q' "$@" >>"$stage/calls"
echo >>"$stage/calls"

if [[ $name == helm ]]; then
  case ${1-} in
    install | upgrade)
      for argument; do
        if [[ -f $argument/Chart.yaml ]]; then
          rendered "$@"
          exit
        fi
      done
      ;;
    template)
      exec "$HELM" "$@"
      ;;
  esac
  exit 0
fi

previous=
for argument; do
  case $argument in
    --from-file=* | --from-env-file=* | --data-file=*) reads "${argument##*=}" ;;
    file://*) reads "${argument#file://}" ;;
  esac
  case $name:$previous in
    kubectl:-f | kubectl:--filename | oc:-f | oc:--filename)
      if [[ $1 == apply || $1 == create || $1 == replace ]]; then
        if [[ $argument == http*://* ]]; then
          :
        elif [[ $argument == - ]]; then
          cat >"$(numbered applied).yaml"
        else
          reads "$argument"
          cat "$argument" >"$(numbered applied).yaml"
        fi
      fi
      ;;
    kubectl:--cert | kubectl:--key | kubectl:--from-env-file) reads "$argument" ;;
    curl:-o | curl:--output | openssl:-out | openssl:-keyout | keytool:-keystore | keytool:-destkeystore | keytool:-file)
      [[ -e $argument ]] || : >"$argument"
      ;;
  esac
  previous=$argument
done
# Whatever a command is asked for is one word.
echo "$name-says"
