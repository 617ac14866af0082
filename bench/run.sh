#!/usr/bin/env bash
# CPU per forwarded request of the gateway beside plain YARP without authentication, in the same run:
#   bench/run.sh [--rounds N] [--seconds N] [--tokens N] [--record NAME]
# The proxy runs on core 0, the load (wrk) and the destination on core 1. Rounds are interleaved and the ratio is taken within each
# round, so that what else the machine does falls on both. --record appends the table to bench/results/NAME.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

rounds=9 seconds=5 tokens=20000 record=
while [[ $# -gt 0 ]]; do
  case $1 in
    --rounds) rounds=$2 ;;
    --seconds) seconds=$2 ;;
    --tokens) tokens=$2 ;;
    --record) record=$2 ;;
    *) sed -n '2,5p' "$0" >&2; exit 2 ;;
  esac
  shift 2
done

port=${BENCH_PORT:-18100}
destination_port=$port plain_port=$((port + 1)) gateway_port=$((port + 2)) management_port=$((port + 3))
work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

fail() { echo "bench: $*" >&2; exit 1; }

for tool in wrk taskset curl; do
  command -v "$tool" >/dev/null && continue
  package=$tool
  if [[ $tool == taskset ]]; then package=util-linux; fi
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    apt-get -o DPkg::Lock::Timeout=300 update -q >&2
    apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends "$package" >&2
  else
    fail "$tool is missing; install $package"
  fi
done
[[ $(nproc) -ge 2 ]] || fail "two cores are needed: one for the proxy, one for the load"

dotnet build bench/Aivo.Gateway.Bench -c Release -v quiet >&2
rig=bench/Aivo.Gateway.Bench/bin/Release/net10.0/Aivo.Gateway.Bench.dll
gateway=src/Aivo.Gateway/bin/Release/net10.0/Aivo.Gateway.dll
destination=http://127.0.0.1:$destination_port/
dotnet "$rig" tokens "$tokens" "$work" "$destination" "$management_port"
token=$(head -n 1 "$work/tokens.txt")

answers() { [[ $(curl -s -o /dev/null --max-time 2 -w '%{http_code}' -H "Authorization: Bearer $token" "http://127.0.0.1:$1/bench/ready") == 200 ]]; }

wait_for() { # PORT PID LOG
  for _ in $(seq 2000); do
    if answers "$1"; then return; fi
    kill -0 "$2" 2>/dev/null || { cat "$3" >&2; fail "a process ended before it answered"; }
    sleep 0.005
  done
  cat "$3" >&2
  fail "no answer on port $1"
}

start_gateway() {
  ASPNETCORE_ENVIRONMENT=Production ASPNETCORE_URLS=http://127.0.0.1:$gateway_port taskset -c 0 \
    dotnet "$gateway" --config "$work/gateway.json" >"$work/gateway.log" 2>&1 &
  gateway_pid=$!
}

taskset -c 1 dotnet "$rig" destination "$destination_port" >"$work/destination.log" 2>&1 &
pids+=($!)
wait_for "$destination_port" $! "$work/destination.log"
taskset -c 0 dotnet "$rig" plain-yarp "$plain_port" "$destination" >"$work/plain.log" 2>&1 &
plain_pid=$!
pids+=("$plain_pid")
wait_for "$plain_port" "$plain_pid" "$work/plain.log"

median() { sort -n | awk '{v[NR]=$1} END {if (NR == 0) exit 1; print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

for _ in 1 2 3 4 5; do
  begun=$(date +%s%N)
  start_gateway
  wait_for "$gateway_port" "$gateway_pid" "$work/gateway.log"
  echo $((($(date +%s%N) - begun) / 1000000)) >>"$work/start"
  kill "$gateway_pid"
  wait "$gateway_pid" || true
done
start_gateway
pids+=("$gateway_pid")
wait_for "$gateway_port" "$gateway_pid" "$work/gateway.log"

ticks() { awk '{sub(/^.*\) /, ""); print $12 + $13}' "/proc/$1/stat"; }
resident() { awk '/^VmRSS/ {print $2 / 1024}' "/proc/$1/status"; }
milliseconds() { awk '{v = $1 + 0; if ($1 ~ /us$/) v /= 1000; else if ($1 !~ /ms$/) v *= 1000; print v}'; }

measure() { # NAME PORT PID SECONDS: appends to $work/NAME.{cpu,p50,p99,rate}
  local before after requests
  before=$(ticks "$3")
  taskset -c 1 wrk -t 1 -c 32 -d "$4s" --latency -s bench/tokens.lua "http://127.0.0.1:$2" -- "$work/tokens.txt" >"$work/wrk.log"
  after=$(ticks "$3")
  if grep -E 'Non-2xx|Socket errors' "$work/wrk.log" >&2; then fail "$1 answered with errors"; fi
  requests=$(awk '/requests in/ {print $1}' "$work/wrk.log")
  awk -v t=$((after - before)) -v r="$requests" -v hz="$(getconf CLK_TCK)" 'BEGIN {print t / hz * 1e6 / r}' >>"$work/$1.cpu"
  awk '$1 == "50%" {print $2}' "$work/wrk.log" | milliseconds >>"$work/$1.p50"
  awk '$1 == "99%" {print $2}' "$work/wrk.log" | milliseconds >>"$work/$1.p99"
  awk '/^Requests\/sec/ {print $2}' "$work/wrk.log" >>"$work/$1.rate"
}

echo "bench: warming up" >&2
measure warm "$plain_port" "$plain_pid" 8
measure warm "$gateway_port" "$gateway_pid" 20
for round in $(seq "$rounds"); do
  if ((round % 2)); then order="plain gateway"; else order="gateway plain"; fi
  for name in $order; do
    if [[ $name == plain ]]; then measure plain "$plain_port" "$plain_pid" "$seconds"; else measure gateway "$gateway_port" "$gateway_pid" "$seconds"; fi
  done
  echo "bench: round $round of $rounds: plain $(tail -n 1 "$work/plain.cpu") µs, gateway $(tail -n 1 "$work/gateway.cpu") µs" >&2
done

row() { # NAME TITLE PID
  printf '| %s | %.1f | %s | %.2f | %.2f | %.0f | %.0f |\n' "$2" "$(median <"$work/$1.cpu")" "$4" \
    "$(median <"$work/$1.p50")" "$(median <"$work/$1.p99")" "$(median <"$work/$1.rate")" "$(resident "$3")"
}
ratio=$(paste "$work/gateway.cpu" "$work/plain.cpu" | awk '{print $1 / $2}' | median)
table=$(
  echo "| | CPU a request, µs | × plain YARP | p50, ms | p99, ms | requests/s | RSS, MiB |"
  echo "|---|--:|--:|--:|--:|--:|--:|"
  row plain "plain YARP, no authentication" "$plain_pid" 1.00
  row gateway "gateway, $tokens tokens" "$gateway_pid" "$(printf '%.2f' "$ratio")"
  echo
  echo "Start to the first 200 of the gateway: $(median <"$work/start") ms (median of 5)."
)
echo "$table"
if [[ -n $record ]]; then
  mkdir -p bench/results
  dirty=$(git diff --quiet HEAD -- src bench || echo ", with local changes")
  {
    printf '\n## %s, commit %s%s\n\n' "$(date -u +%F)" "$(git rev-parse --short HEAD)" "$dirty"
    printf '%s cores, %s, .NET %s; %s rounds of %s s, 32 connections, medians.\n\n%s\n' "$(nproc)" "$(awk -F': ' '/^model name/ {print $2; exit}' /proc/cpuinfo)" \
      "$(dotnet --list-runtimes | awk '/AspNetCore/ {print $2}' | tail -n 1)" "$rounds" "$seconds" "$table"
  } >>"bench/results/$record.md"
fi
