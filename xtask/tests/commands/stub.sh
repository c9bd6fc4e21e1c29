#!/bin/sh
# Plays any program: writes down its name and arguments, each with a NUL behind it, and \001 at the end. What lists names tells one.
{
  printf '%s\0' "${0##*/bin/}" "$@"
  printf '\001'
} >>"$CALLS"
# Whoever writes to it is not stopped.
while read -r _; do :; done
case " $* " in
  *" -o name "*) echo thing/one ;;
esac
