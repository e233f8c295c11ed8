#!/usr/bin/env bash
# Everything on one machine: builds, starts the broker, the service and demo charge points, prints what to try, then tells
# each change of the demo chargers. Ctrl-C ends all it started.
# Settings by environment: AMPS_API_PORT (8080), AMPS_OCPP_PORT (9000), AMPS_MQTT_PORT (1883), AMPS_DATA (data), AMPS_DEMO_COUNT (3).
set -euo pipefail
cd "$(dirname "$0")"
source ./scripts/install.sh

api_port=${AMPS_API_PORT:-8080}; ocpp_port=${AMPS_OCPP_PORT:-9000}; mqtt_port=${AMPS_MQTT_PORT:-1883}
data=$(realpath -m "${AMPS_DATA:-data}"); count=${AMPS_DEMO_COUNT:-3}
api=http://127.0.0.1:$api_port

need_dotnet
need_debian mosquitto:/usr/sbin/mosquitto libmosquitto1:libmosquitto.so.1 libsqlite3-0:libsqlite3.so.0 curl:/usr/bin/curl
for port in "$api_port" "$ocpp_port" "$mqtt_port"; do
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    fail "port $port is in use (choose others: AMPS_API_PORT, AMPS_OCPP_PORT, AMPS_MQTT_PORT)"
  fi
done

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
mkdir -p "$data"
echo "building"
for project in src/Amps.Ocpp hardware-sim; do
  dotnet build "$project" -c Release --verbosity quiet >"$data/build.log" 2>&1 || fail "the build failed: $(grep -m1 -E 'error' "$data/build.log" || tail -n 1 "$data/build.log")"
done

pids=()
finish() {
  trap - EXIT INT TERM
  # The demo charge points first, then the service, which ends its broker.
  for (( i=${#pids[@]}-1; i>=0; i-- )); do
    kill -TERM "${pids[i]}" 2>/dev/null || true
    wait "${pids[i]}" 2>/dev/null || true
  done
}
trap finish EXIT
trap 'exit 0' INT TERM

random_key() { head -c 24 /dev/urandom | base64 | tr -d '/+=\n'; }
operator_key=${AMPS_OPERATOR_KEY:-operator_$(random_key)}

# The key goes by the environment: a command line can be read by everybody on the machine.
Amps__Bootstrap__OperatorKey=$operator_key Logging__Console__FormatterName=simple \
  dotnet src/Amps.Ocpp/bin/Release/net10.0/Amps.Ocpp.dll \
  --Kestrel:Endpoints:Api:Url="$api" --Kestrel:Endpoints:Ocpp:Url="http://127.0.0.1:$ocpp_port" \
  --Amps:Mqtt:Port="$mqtt_port" --Amps:DataDirectory="$data" >"$data/service.log" 2>&1 &
pids+=($!)
for _ in $(seq 150); do
  curl -sf "$api/health/ready" >/dev/null && break
  kill -0 "${pids[0]}" 2>/dev/null || fail "the service did not start: $(grep -m1 '^error' "$data/service.log" || tail -n 1 "$data/service.log")"
  sleep 0.2
done
curl -sf "$api/health/ready" >/dev/null || fail "the service is not ready; see $data/service.log"

# The key is read by curl from a file of its own, not from its command line.
operator() {
  curl -sf -X "$1" "$api/operator/$2" -H @- -H 'content-type: application/json' -d "$3" <<<"x-api-key: $operator_key" \
    || fail "the operator surface refused $1 $2; see $data/service.log"
}
operator POST customers '{"id":"demo","liveEnabled":true}' >/dev/null
key=$(operator POST keys '{"customerId":"demo","environment":"live","permissions":["read","control"]}' | sed 's/.*"key":"\([^"]*\)".*/\1/')
sandbox_key=$(operator POST keys '{"customerId":"demo","environment":"sandbox","permissions":["read","control"]}' | sed 's/.*"key":"\([^"]*\)".*/\1/')
for number in $(seq -f '%04g' 1 "$count"); do
  operator PUT "charge-points/demo-$number" "{\"customerId\":\"demo\",\"connectors\":[{\"connectorId\":1,\"deviceId\":\"demo_$((10#$number))\"}]}" >/dev/null
done

id=demo; [[ $count -gt 1 ]] || id=demo-0001
dotnet hardware-sim/bin/Release/net10.0/Amps.HardwareSim.dll --url "ws://127.0.0.1:$ocpp_port/ocpp" --id "$id" --count "$count" \
  --plugged --data "$data/demo" --quiet </dev/null >"$data/hardware-sim.log" 2>&1 &
pids+=($!)

read_charger() { curl -sf "$api/ev-charger/$1" -H @- <<<"x-api-key: $key" 2>/dev/null; }
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"; }
for _ in $(seq 150); do
  [[ $(read_charger demo_1 | field status) == preparing ]] && break
  kill -0 "${pids[1]}" 2>/dev/null || fail "the demo charge points did not start: $(head -n 1 "$data/hardware-sim.log")"
  sleep 0.2
done

cat <<TEXT

API              $api            (health: $api/health/ready)
in a browser     $api/try/
charge points    ws://127.0.0.1:$ocpp_port/ocpp/{chargePointId}
MQTT             mosquitto_sub -p $mqtt_port -v -t 'amps/v1/#'
operator's key   $operator_key
app's key        $key
sandbox key      $sandbox_key   (device_ev_001 to device_ev_003)
logs             $data/service.log, $data/hardware-sim.log

Paste these into another terminal and watch demo_1 below go from preparing to charging, to 7.4 kW, to paused:

curl -X POST $api/ev-charger/demo_1 -H 'x-api-key: $key' -H 'content-type: application/json' -d '{"action":{"command":"charge"}}'
curl -X POST $api/ev-charger/demo_1/settings -H 'x-api-key: $key' -H 'content-type: application/json' -d '{"max_charge_rate":{"value":7.4,"unit":"kw"}}'
curl -X POST $api/ev-charger/demo_1 -H 'x-api-key: $key' -H 'content-type: application/json' -d '{"action":{"command":"idle"}}'

Ctrl-C ends everything.

TEXT

declare -A before=()
while kill -0 "${pids[0]}" 2>/dev/null; do
  for device in $(seq "$count" | head -n 5); do
    answer=$(read_charger "demo_$device" || true)
    [[ -n $answer ]] || continue
    now="demo_$device  $(field status <<<"$answer")  $(field currentPower <<<"$answer") kW"
    [[ ${before[$device]:-} == "$now" ]] && continue
    before[$device]=$now
    echo "$(date +%T)  $now  (cap $(sed -n 's/.*"max_charge_rate":{"value":\([^,]*\).*/\1/p' <<<"$answer") kW, source $(field source <<<"$answer"))"
  done
  sleep 1
done
fail "the service ended: $(tail -n 1 "$data/service.log")"
