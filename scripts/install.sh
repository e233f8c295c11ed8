# Sourced by run.sh and test.sh: installs what a fresh Debian machine lacks, and says in one line what cannot be had.

fail() { echo "error: $1" >&2; exit 1; }

need_dotnet() {
  command -v dotnet >/dev/null || fail "the .NET 10 SDK is needed (dotnet is not on the PATH)"
  dotnet --version >/dev/null 2>&1 || fail "the .NET SDK does not satisfy global.json (10.0)"
}

# Arguments: package:probe, where the probe is a file, or a shared library's name.
need_debian() {
  local missing=() entry package probe
  for entry in "$@"; do
    package=${entry%%:*}; probe=${entry#*:}
    if [[ $probe == /* ]]; then
      [[ -e $probe ]] || missing+=("$package")
    else
      ldconfig -p 2>/dev/null | grep -qF "$probe" || missing+=("$package")
    fi
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  command -v apt-get >/dev/null || fail "missing packages: ${missing[*]} (no apt-get here: install them by hand)"
  local sudo=""
  [[ $(id -u) -eq 0 ]] || sudo="sudo -n"
  echo "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  { $sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/tmp/amps-apt.log 2>&1 \
    || fail "could not install ${missing[*]}: $(tail -n 1 /tmp/amps-apt.log)"
  # The package starts a broker of its own where there is an init system; ours is another one, on its own port.
  if command -v systemctl >/dev/null && [[ " ${missing[*]} " == *" mosquitto "* ]]; then
    $sudo systemctl disable --now mosquitto >/dev/null 2>&1 || true
  fi
}

# The server's programs, for the tests; whichever major version the distribution has.
need_postgresql() {
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && return
  need_debian 'postgresql:/usr/lib/postgresql/*/bin/initdb'
  # The tests make servers of their own; the package's one is not wanted.
  if command -v systemctl >/dev/null; then
    local sudo=""
    [[ $(id -u) -eq 0 ]] || sudo="sudo -n"
    $sudo systemctl disable --now postgresql >/dev/null 2>&1 || true
  fi
}

need_node_packages() {
  command -v npm >/dev/null || need_debian npm:/usr/bin/npm
  [[ -e $1/node_modules/.package-lock.json && $1/node_modules/.package-lock.json -nt $1/package-lock.json ]] && return
  (cd "$1" && npm ci --no-audit --no-fund --loglevel=error) >/tmp/amps-npm.log 2>&1 || fail "npm ci in $1: $(tail -n 1 /tmp/amps-npm.log)"
}
