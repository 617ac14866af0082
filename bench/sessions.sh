#!/usr/bin/env bash
# What a login and a refresh cost beside the password hash: Redis scripts and microseconds a call, over a redis-server of its own:
#   bench/sessions.sh [--rounds N] [--calls N] [--record NAME]
# --record appends the table to bench/results/NAME.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

rounds=9 calls=1000 record=
while [[ $# -gt 0 ]]; do
  case $1 in
    --rounds) rounds=$2 ;;
    --calls) calls=$2 ;;
    --record) record=$2 ;;
    *) sed -n '2,4p' "$0" >&2; exit 2 ;;
  esac
  shift 2
done

port=${BENCH_PORT:-18100}
redis_port=$port management_port=$((port + 1))
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
dotnet "$rig" tokens 100 "$work" http://127.0.0.1:9/ "$management_port"
redis-server --port "$redis_port" --bind 127.0.0.1 --save "" --appendonly yes --appendfsync everysec --dir "$work" --maxmemory-policy noeviction >"$work/redis.log" &
redis=$!
until grep -q 'Ready to accept connections' "$work/redis.log"; do
  kill -0 "$redis" 2>/dev/null || { cat "$work/redis.log" >&2; exit 1; }
  sleep 0.05
done

table=$(dotnet "$rig" sessions "127.0.0.1:$redis_port" "$work/gateway.json" "$rounds" "$calls")
echo "$table"
if [[ -n $record ]]; then
  mkdir -p bench/results
  dirty=$(git diff --quiet HEAD -- src bench || echo ", with local changes")
  {
    printf '\n## %s, commit %s%s: login and refresh\n\n' "$(date -u +%F)" "$(git rev-parse --short HEAD)" "$dirty"
    printf '%s cores, %s, .NET %s, Redis %s; %s rounds of %s calls each, medians.\n\n%s\n' "$(nproc)" "$(awk -F': ' '/^model name/ {print $2; exit}' /proc/cpuinfo)" \
      "$(dotnet --list-runtimes | awk '/AspNetCore/ {print $2}' | tail -n 1)" "$(redis-server --version | sed -E 's/.*v=([0-9.]+).*/\1/')" "$rounds" "$calls" "$table"
  } >>"bench/results/$record.md"
fi
