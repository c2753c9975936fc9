#!/usr/bin/env bash
# Installs what the tests need (Debian; only what is missing), starts a throw-away PostgreSQL, builds and tests.
#
#   ./test.sh [all] [ARGS]         every test except the long fault tests
#   ./test.sh faults [ARGS]        only the fault tests, in their long form
#   ./test.sh only FILTER [ARGS]   the tests a 'dotnet test --filter' expression picks, to work on one thing
#
# ARGS go to 'dotnet test'. The last line is "N passed, N failed, N skipped"; the exit code is 0 only if at least one
# test ran, none failed and none was skipped. The tests find in their environment:
#
#   HUB_TEST_POSTGRES           connection string of the throw-away server (superuser; make databases at will)
#   HUB_TEST_POSTGRES_BIN       folder of initdb, pg_ctl and postgres, for tests that start their own server
#   HUB_TEST_POSTGRES_OS_USER   the account to start it as (PostgreSQL refuses root); empty: as yourself
#   HUB_TEST_CHROMIUM           path of Chromium without windows (set it beforehand to use another browser of its kind)
#   HUB_FAULTS=long             with 'faults' only
#   HUB_TEST_FIGURES            a file for figures that are worth reading, printed at the end
#   HUB_UPGRADE_FROM            the commit that the upgrade test comes from (set it beforehand; otherwise the one before this)
#
# Some tests read data that is no part of the project: HUB_SHARED_DATA, or shared/data in a folder above this one. Where it
# is absent they are left out and a line says so; with HUB_REQUIRE_SHARED_DATA=1 they fail.
set -euo pipefail

exec </dev/null # nothing here reads input, and stdin may be closed
cd "$(dirname "${BASH_SOURCE[0]}")"
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # haproxy and runuser, when run as a user
solution=HubPortal.sln

usage() { sed -n '2,/^set /{/^#/!d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; }
say() { printf '== %s\n' "$*"; }
die() { printf 'test.sh: %s\n' "$*" >&2; exit 1; }

# ---- clean-up: stop what was started, remove what was written, print the summary -------------------------------------

tmp='' pg_dir='' job='' summary='0 passed, 1 failed, 0 skipped'

stop_job() { # the process group of dotnet and everything the tests left running in it
  [ -n "$job" ] || return 0
  if kill -TERM -- "-$job" 2>/dev/null; then
    for _ in {1..50}; do
      kill -0 -- "-$job" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL -- "-$job" 2>/dev/null || true
  fi
  job=''
}

clean_up() {
  local status=$?
  trap '' INT TERM HUP
  trap - EXIT
  set +e
  stop_job
  if [ -n "$pg_dir" ]; then
    if [ -f "$pg_dir/data/postmaster.pid" ]; then
      as_pg "$pg_bin/pg_ctl" stop -D "$pg_dir/data" -m immediate -w >/dev/null 2>&1
    fi
    rm -rf -- "$pg_dir"
  fi
  [ -z "$tmp" ] || rm -rf -- "$tmp"
  [ -z "$summary" ] || printf '%s\n' "$summary"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Runs a command in a process group of its own, so that a signal to this script is acted upon at once and nothing
# the tests started outlives it. ('set -m' and not setsid: a plain background job would ignore SIGINT, and so would
# every server the tests start and want to interrupt.)
run() {
  local status=0
  set -m
  "$@" </dev/null &
  job=$!
  set +m
  wait "$job" || status=$?
  stop_job
  return "$status"
}

# ---- arguments -------------------------------------------------------------------------------------------------------

verb=all
case ${1:-} in
  all | faults | only) verb=$1; shift ;;
  -h | --help | help) usage; summary=''; exit 0 ;;
  '' | -*) ;;
  *) usage >&2; die "unknown verb '$1'" ;;
esac
hang=20m
case $verb in
  all) filter='Category!=FaultsLong' ;;
  faults) filter='Category=FaultsLong|Category=Faults' hang=60m; export HUB_FAULTS=long ;;
  only)
    [ $# -gt 0 ] || { usage >&2; die "'only' needs a filter"; }
    filter=$1
    shift
    ;;
esac

# ---- set-up ----------------------------------------------------------------------------------------------------------

started=$SECONDS
tmp=$(mktemp -d /tmp/hub-test.XXXXXXXX)

# Output of package managers, with addresses left out: which mirror a machine uses is nobody's business.
no_url='s#[A-Za-z][A-Za-z0-9+.-]*://[^][:space:]",;)]*#<address>#g'
redact() {
  sed -E -u -e "$no_url" \
    -e 's#\b[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+:[0-9]+\b#<host>#g' \
    -e 's#((resolv\w*|[Cc]onnect\w*( to)?|host)[ '\'']*)\b[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+#\1<host>#g' \
    -e 's#\b[0-9]{1,3}(\.[0-9]{1,3}){3}\b#<host>#g'
}

found() { [ -n "$(find "$@" -print -quit 2>/dev/null)" ]; }

find_chromium() {
  local c
  for c in "${HUB_TEST_CHROMIUM:-}" chromium-headless-shell; do
    [ -n "$c" ] && command -v "$c" && return
  done
  return 1
}

find_pg_bin() { # the newest server's folder (Debian keeps it off the PATH)
  local c
  for c in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) "$(dirname "$(command -v initdb || echo /x)")"; do
    if [ -x "$c/initdb" ] && [ -x "$c/pg_ctl" ] && [ -x "$c/postgres" ]; then
      printf '%s\n' "$c"
      return
    fi
  done
  return 1
}

missing=()
look_for_missing() {
  missing=()
  find_chromium >/dev/null || missing+=(chromium-headless-shell)
  found /usr/share/fonts /usr/local/share/fonts -iname '*color*emoji*.ttf' || missing+=(fonts-noto-color-emoji)
  found /usr/share/fonts /usr/local/share/fonts '(' -name '*.ttf' -o -name '*.otf' ')' ! -iname '*emoji*' ||
    missing+=(fonts-dejavu-core)
  find_pg_bin >/dev/null || missing+=(postgresql)
  command -v redis-server >/dev/null || missing+=(redis-server)
  command -v haproxy >/dev/null || missing+=(haproxy)
  found /usr/lib /lib /usr/local/lib -name 'libicuuc.so.*' || missing+=(libicu)
  found /usr/share/zoneinfo -path '*/Europe/Berlin' || missing+=(tzdata)
  [ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
}

# As root: installs the packages named, without creating a database cluster, and with no service started now or at boot.
# Every setting made for that is taken back, so that the machine stays as its owner knows it.
installer() {
  cat <<'ROOT'
set -eu
policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.d/hub-test.conf mine=
undo() { rm -f "$clusters"; [ -z "$mine" ] || rm -f "$policy"; }
trap undo EXIT
trap 'exit 130' INT TERM HUP
if [ ! -e "$policy" ]; then
  mine=1
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
mkdir -p "${clusters%/*}"
echo 'create_main_cluster = false' >"$clusters"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
apt="apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300"
$apt update || echo 'apt-get update failed; going on with the lists at hand'
packages=
for p; do
  [ "$p" != libicu ] || p=$(apt-cache --names-only search '^libicu[0-9]+$' | cut -d' ' -f1 | sort -V | tail -n1)
  packages="$packages $p"
done
$apt install --no-install-recommends $packages
if command -v systemctl >/dev/null; then
  for p in $packages; do
    case $p in postgresql | redis-server | haproxy) systemctl disable "$p" || true ;; esac
  done
fi
ROOT
}

install_missing() {
  look_for_missing
  [ ${#missing[@]} -gt 0 ] || return 0
  local list="${missing[*]}" sudo=()
  command -v apt-get >/dev/null || die "missing: $list; there is no apt-get here, so install them by hand"
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      die "missing: $list; run this as root or as a user with sudo, or have them installed first"
    sudo -v || die "missing: $list; sudo refused, so run this as root or have them installed first"
    sudo=(sudo)
  fi
  say "installing $list"
  if ! "${sudo[@]}" bash -c "$(installer)" install "${missing[@]}" >"$tmp/apt.log" 2>&1; then
    grep -Ev '^(Get|Hit|Ign|Selecting|Preparing|Unpacking|Setting up|Processing)' "$tmp/apt.log" | tail -n 40 | redact >&2
    die "could not install $list"
  fi
  look_for_missing
  [ ${#missing[@]} -eq 0 ] || die "still missing after the installation: ${missing[*]}"
}

as_pg() { # PostgreSQL refuses to run as root; its user need not be able to enter this folder, hence / and no HOME
  (
    cd /
    if [ -n "$pg_user" ]; then exec runuser -u "$pg_user" -- "$@"; else exec "$@"; fi
  )
}

start_postgres() {
  local port
  pg_bin=$(find_pg_bin)
  pg_user=''
  if [ "$(id -u)" = 0 ]; then
    pg_user=postgres
    id "$pg_user" >/dev/null 2>&1 || useradd --system --no-create-home --home-dir /nonexistent "$pg_user"
  fi
  pg_dir=$(mktemp -d /tmp/hub-test-pg.XXXXXXXX)
  [ -z "$pg_user" ] || chown "$pg_user" "$pg_dir"
  as_pg "$pg_bin/initdb" -D "$pg_dir/data" -U hub -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$tmp/initdb.log" 2>&1 ||
    { cat "$tmp/initdb.log" >&2; die 'initdb failed'; }
  # fsync and its kin are off for speed: this server is thrown away with its data after one run and is never expected
  # to survive a crash. The fault tests, which are about just that, start servers of their own with the defaults.
  as_pg tee -a "$pg_dir/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
fsync = off
synchronous_commit = off
full_page_writes = off
CONF
  # A port below those the system gives out by itself, so that no client's socket takes it in the meantime.
  for _ in {1..10}; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    if as_pg "$pg_bin/pg_ctl" start -D "$pg_dir/data" -l "$pg_dir/log" -o "-p $port" -w -t 60 >/dev/null 2>&1; then
      export HUB_TEST_POSTGRES="Host=127.0.0.1;Port=$port;Username=hub;Database=postgres"
      export HUB_TEST_POSTGRES_BIN=$pg_bin HUB_TEST_POSTGRES_OS_USER=$pg_user
      return
    fi
    grep -q 'Address already in use' "$pg_dir/log" || break
  done
  [ ! -f "$pg_dir/log" ] || tail -n 20 "$pg_dir/log" >&2
  die 'PostgreSQL did not start'
}

shared_data() { # as Hub.Tests/Storage/SharedDataFact.cs looks for it
  local d=$PWD
  if [ -n "${HUB_SHARED_DATA:-}" ]; then [ -d "$HUB_SHARED_DATA" ]; return; fi
  until [ -d "$d/shared/data/kb" ]; do
    [ "$d" != / ] || return 1
    d=$(dirname "$d")
  done
}

command -v dotnet >/dev/null || die 'the .NET SDK is missing: there is no dotnet on the PATH'
install_missing
HUB_TEST_CHROMIUM=$(find_chromium)
export HUB_TEST_CHROMIUM
start_postgres

# No build server or MSBuild node is left behind, neither by this script nor by a 'dotnet publish' in a test.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
# Most of what runs here is young: compiled once and no more, a start costs a fifth less.
export DOTNET_TieredPGO=0
export MSBUILDTERMINALLOGGER=off DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
set_up=$((SECONDS - started))

# ---- build -----------------------------------------------------------------------------------------------------------

export HUB_TEST_FIGURES=$tmp/figures

build() {
  dotnet restore "$solution" --locked-mode -v quiet 2>&1 | redact &&
    dotnet build "$solution" -c Release --no-restore -v quiet -clp:NoSummary 2>&1 | sed -E -u -e "$no_url"
}

started=$SECONDS
say "set-up took $set_up s; building"
run build || die 'the build failed'
built=$((SECONDS - started))

# ---- test ------------------------------------------------------------------------------------------------------------

started=$SECONDS
say "build took $built s; testing ($filter)"
status=0
run dotnet test "$solution" -c Release --no-build --filter "$filter" --nologo \
  --results-directory "$tmp/results" --logger 'trx;LogFilePrefix=hub' --logger 'console;verbosity=minimal' \
  --blame-hang-timeout "$hang" --blame-hang-dump-type none "$@" || status=$?
tested=$((SECONDS - started))

# ---- summary, from the <Counters total="…" passed="…" …/> of every trx file ------------------------------------------

elements() { # every start tag of one name in the trx files
  find "$tmp/results" -maxdepth 1 -name '*.trx' -exec grep -ho "<$1 [^>]*>" {} + 2>/dev/null || true
}
count() { # the sum of one counter
  elements Counters | sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" | awk '{ n += $1 } END { print n + 0 }'
}
names() { # of the tests with one outcome
  elements UnitTestResult | sed -n "/ outcome=\"$1\"/s/.* testName=\"\([^\"]*\)\".*/   \1/p" |
    sed 's/&#x[AD];/ /g;s/&lt;/</g;s/&gt;/>/g;s/&quot;/"/g;s/&amp;/\&/g' | sort
}
slowest() { # seconds and tests of the classes that took longest
  elements UnitTestResult | sed -nE 's/.* testName="([^"(]*)[^"]*".* duration="([0-9:.]*)".*/\1 \2/p' |
    awk '{ split($2, t, ":"); sub(/\.[^.]*$/, "", $1); s[$1] += t[1] * 3600 + t[2] * 60 + t[3]; n[$1]++ }
      END { for (c in s) printf "   %5.0f s  %3d  %s\n", s[c], n[c], c }' | sort -rn | sed -n 1,20p
}

passed=$(count passed)
failed=$(($(count failed) + $(count error) + $(count timeout) + $(count aborted)))
skipped=$(($(count total) - passed - failed)) # the notExecuted counter stays 0 with xunit
if ! shared_data; then
  left=$(grep -rhoE --include='*.cs' '\[SharedData(Fact|Theory)\b' Hub.Tests | wc -l)
  [ "${HUB_REQUIRE_SHARED_DATA:-}" = 1 ] && what='which is a failure' || what='which are left out'
  say "the shared data is absent: $left tests need it, $what"
fi
if [ -s "$HUB_TEST_FIGURES" ]; then cat "$HUB_TEST_FIGURES"; fi
if [ "$tested" -gt 120 ]; then say 'slowest (several run at once):'; slowest; fi
if [ "$failed" -gt 0 ]; then say 'failed:'; names Failed; fi
if [ "$skipped" -gt 0 ]; then say 'skipped:'; names NotExecuted; fi
if [ "$status" != 0 ] && [ "$failed" = 0 ]; then
  failed=1
  say "dotnet test failed though no test did (exit code $status; a crashed or hung test host, or bad arguments); counted as one failure"
fi
[ $((passed + failed + skipped)) -gt 0 ] || say 'no test ran'
summary="$passed passed, $failed failed, $skipped skipped"
say "set-up $set_up s, build $built s, tests $tested s"
[ "$passed" -gt 0 ] && [ "$failed" = 0 ] && [ "$skipped" = 0 ] && [ "$status" = 0 ]
