#!/usr/bin/env bash
# Builds everything and runs every test. Arguments go to `dotnet test`:
#   ./test.sh --filter-class 'Aivo.Gateway.Tests.Rules.*'
# The tests need a Redis: a container where a Docker engine answers, else the system's redis-server, which is installed when it is
# missing and this user may. AIVO_TEST_REDIS=container or =local insists on one of the two. One test sets Redis' clock wrong, for which the
# faketime library is installed in the same way.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

say() { echo "test.sh: $*" >&2; }

engine_answers() {
  local host=${DOCKER_HOST:-unix:///var/run/docker.sock}
  [[ $host == unix://* ]] || return 0
  local socket=${host#unix://}
  [[ -S $socket ]] || return 1
  ! command -v curl >/dev/null || curl -fs --max-time 5 --unix-socket "$socket" http://localhost/_ping >/dev/null
}

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo -n "$@"; fi
}

faketime_is_here() {
  compgen -G '/usr/lib*/faketime/libfaketime.so.1' >/dev/null || compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null
}

# Tests that kill Redis need a process of their own, so redis-server is wanted beside an engine too.
install_redis() {
  [[ $(id -u) == 0 ]] || sudo -n true 2>/dev/null || return 1
  say "installing redis-server and faketime from the system's packages"
  if command -v apt-get >/dev/null; then
    as_root apt-get -o DPkg::Lock::Timeout=300 update -q >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends redis-server faketime >&2
  elif command -v dnf >/dev/null; then
    as_root dnf install -y -q redis libfaketime >&2
  elif command -v apk >/dev/null; then
    as_root apk add --quiet redis libfaketime >&2
  else
    return 1
  fi
  # A package may start a server of its own; the tests start theirs on free ports.
  command -v redis-server >/dev/null
}

if ! command -v dotnet >/dev/null; then
  say "the .NET SDK is missing; global.json names the version: https://dotnet.microsoft.com/download"
  exit 1
fi

if ! { command -v redis-server >/dev/null && faketime_is_here; } && ! install_redis && ! command -v redis-server >/dev/null; then
  if ! engine_answers; then
    say "neither a Docker engine nor redis-server is here; install one of them, such as: apt-get install redis-server"
    exit 1
  fi
  say "redis-server is missing and cannot be installed by this user; the tests that kill a Redis of their own need it"
fi

faketime_is_here || say "the faketime library is missing, and the test that sets Redis' clock will fail; such as: apt-get install faketime"

if [[ -z ${AIVO_TEST_REDIS:-} ]]; then
  if engine_answers; then export AIVO_TEST_REDIS=container; else export AIVO_TEST_REDIS=local; fi
fi

say "Redis: $AIVO_TEST_REDIS"
exec dotnet test --project tests/Aivo.Gateway.Tests "$@"
