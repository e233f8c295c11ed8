#!/usr/bin/env bash
# Runs every test from a fresh clone: installs what is missing, builds, checks the format, tests.
#   ./test.sh           the ordinary run
#   ./test.sh --long    also the long ones
set -euo pipefail
cd "$(dirname "$0")"
source ./scripts/install.sh

long=0
for argument in "$@"; do
  case "$argument" in
    --long) long=1 ;;
    *) echo "test.sh: unknown argument '$argument' (allowed: --long)" >&2; exit 2 ;;
  esac
done

need_dotnet
need_debian mosquitto:/usr/sbin/mosquitto libmosquitto1:libmosquitto.so.1 libsqlite3-0:libsqlite3.so.0
need_postgresql
need_node_packages tests/ocpp-rpc
need_node_packages tests/svix

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 AMPS_LONG_TESTS=$long
dotnet restore Amps.Ocpp.sln --verbosity quiet
dotnet build Amps.Ocpp.sln -c Release --no-restore --verbosity quiet
dotnet format Amps.Ocpp.sln --verify-no-changes --no-restore --severity warn

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
status=0
dotnet test tests/Amps.Ocpp.Tests -c Release --no-build --logger "trx;LogFileName=results.trx" --results-directory "$results" || status=$?
counters=$(grep -o '<Counters [^>]*>' "$results/results.trx" || true)
count() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"; }
passed=$(count passed); failed=$(count failed); total=$(count total)
echo "${passed:-0} passed, ${failed:-0} failed, $(( ${total:-0} - ${passed:-0} - ${failed:-0} )) skipped"
exit "$status"
