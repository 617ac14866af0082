#!/usr/bin/env bash
# What a request's rate limits cost, in memory and over a redis-server of its own:
#   bench/rate-limits.sh [--rounds N]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

rounds=9
while [[ $# -gt 0 ]]; do
  case $1 in
    --rounds) rounds=$2 ;;
    *) sed -n '2,3p' "$0" >&2; exit 2 ;;
  esac
  shift 2
done

port=${BENCH_PORT:-18110}
work=$(mktemp -d)
redis=
finish() {
  if [[ -n $redis ]]; then kill "$redis" 2>/dev/null || true; fi
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

command -v redis-server >/dev/null || { echo "bench: redis-server is missing; install it" >&2; exit 1; }
dotnet build bench/Aivo.Gateway.Bench -c Release -v quiet >&2
rig=bench/Aivo.Gateway.Bench/bin/Release/net10.0/Aivo.Gateway.Bench.dll
redis-server --port "$port" --bind 127.0.0.1 --save "" --appendonly no --dir "$work" --maxmemory-policy noeviction >"$work/redis.log" &
redis=$!
until grep -q 'Ready to accept connections' "$work/redis.log"; do
  kill -0 "$redis" 2>/dev/null || { cat "$work/redis.log" >&2; exit 1; }
  sleep 0.05
done

dotnet "$rig" rate-limits "127.0.0.1:$port" "$rounds"
