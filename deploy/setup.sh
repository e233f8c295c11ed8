#!/usr/bin/env bash
# Makes what must never be committed: passwords, keys, certificates. What is there already stays as it is.
#   ./setup.sh [folder]     default: secrets beside this script
# Settings by environment: AMPS_BROKER_NAMES, AMPS_EDGE_NAMES (names and addresses for the certificates, separated by spaces),
# AMPS_ENGINE (docker), which is needed only where mosquitto_passwd is not installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
secrets=${1:-$here/secrets}

fail() { echo "error: $1" >&2; exit 1; }
command -v openssl >/dev/null || fail "openssl is needed"

# The folder is closed to everybody else; the files are open, because each container reads its own as a user of its own.
mkdir -p "$secrets"
chmod 0700 "$secrets"
umask 022
cd "$secrets"

# Each file appears whole or not at all.
keep() { cat >"$1.new"; mv "$1.new" "$1"; echo "made $secrets/$1" >&2; }
random() { openssl rand -hex 24; }

names() {
  local name list=()
  for name in "$@"; do
    if [[ $name =~ ^[0-9.]+$ || $name == *:* ]]; then list+=("IP:$name"); else list+=("DNS:$name"); fi
  done
  (IFS=,; echo "${list[*]}")
}

if [[ ! -e ca.pem ]]; then
  openssl ecparam -name prime256v1 -genkey -noout | keep ca.key
  chmod 0600 ca.key
  openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj "/CN=Amps.Ocpp deployment" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign | keep ca.pem
fi

# certificate NAME DAYS HOST…
certificate() {
  local name=$1 days=$2; shift 2
  openssl ecparam -name prime256v1 -genkey -noout >"$name.key.draft"
  openssl req -new -key "$name.key.draft" -subj "/CN=$1" |
    openssl x509 -req -CA ca.pem -CAkey ca.key -set_serial "0x$(openssl rand -hex 16)" -sha256 -days "$days" \
      -extfile <(echo "subjectAltName=$(names "$@")"; echo extendedKeyUsage=serverAuth) 2>/dev/null >"$name.pem.draft"
  mv "$name.key.draft" "$name.key"
}

read -ra broker_names <<<"${AMPS_BROKER_NAMES:-}"
if [[ ! -e broker.pem ]]; then
  certificate broker 825 broker localhost 127.0.0.1 "${broker_names[@]}"
  keep broker.pem <broker.pem.draft
  rm broker.pem.draft
fi

# For clients of the API at the balancer and for charge points at the nodes: replace edge.pem by one that they trust.
read -ra edge_names <<<"${AMPS_EDGE_NAMES:-}"
if [[ ! -e edge.pem ]]; then
  certificate edge 397 localhost 127.0.0.1 "${edge_names[@]}"
  cat edge.pem.draft edge.key | keep edge.pem
  rm edge.pem.draft edge.key
fi

[[ -e database-password ]] || random | tr -d '\n' | keep database-password
# One for all nodes: with it they open the signing secrets of webhooks that the database holds sealed. Back it up.
[[ -e webhooks.key ]] || openssl rand 32 | keep webhooks.key
[[ -e operator-key ]] || echo "operator_$(random)" | tr -d '\n' | keep operator-key

if [[ ! -e broker-passwords ]]; then
  users=(node1 node2 node3 observer)
  for user in "${users[@]}"; do
    random | tr -d '\n' | keep "broker-password-$user"
    echo "$user:$(<"broker-password-$user")"
  done >broker-passwords.draft
  if command -v mosquitto_passwd >/dev/null; then
    mosquitto_passwd -U broker-passwords.draft
  else
    "${AMPS_ENGINE:-docker}" run --rm -v "$secrets:/secrets" docker.io/library/eclipse-mosquitto:2 mosquitto_passwd -U /secrets/broker-passwords.draft
  fi
  chmod 0644 broker-passwords.draft
  keep broker-passwords <broker-passwords.draft
  rm broker-passwords.draft
fi
# The broker's container runs as user 1883 and does not like what others may read.
if [[ $(id -u) -eq 0 ]]; then
  chown 1883:1883 broker.key broker-passwords
  chmod 0600 broker.key broker-passwords
fi

for node in node1 node2 node3; do
  [[ -e $node.env ]] || keep "$node.env" <<TEXT
Amps__Bootstrap__OperatorKey=$(<operator-key)
Amps__Database__ConnectionString=Host=database;Database=amps;Username=amps;Password=$(<database-password)
Amps__Mqtt__Password=$(<"broker-password-$node")
TEXT
done
echo "operator's key: $secrets/operator-key"
