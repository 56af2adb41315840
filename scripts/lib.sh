# shellcheck shell=bash
# Brings this machine to the state that the lock files describe; sourced by the scripts beside it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
training_venv=$root/.venv-training
log=$root/var/setup.log

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "$@"
  exit 1
}

# --- the short way: nothing has changed since the last start -----------------------------------------------

# Everything that an installation depends on: what is asked for, where it lies, and which Python carries it.
stamp() {
  cat "$root"/requirements*.lock "$root/pyproject.toml" "$root/scripts/lib.sh" | cksum
  printf '%s\n' "$root"
  "$venv/bin/python" -I -S -c 'import sys; print(sys.version)' 2>/dev/null || printf 'no Python\n'
}

is_set_up() {
  local level=$1
  [ -f "$venv/.set-up-$level" ] && [ "$(cat "$venv/.set-up-$level")" = "$(stamp)" ]
}

# set_up run|dev|coqui: returns at once where that was done before.
set_up() {
  local level=$1
  if is_set_up "$level"; then return; fi
  { mkdir -p "$root/var" && : >>"$root/var/setup.lock" && : >>"$log"; } 2>/dev/null ||
    fail "Souffleur cannot write to $root: copy the project to a folder of your own and start it there."
  (
    # Two starts at once would write into the same environment: the second waits for the first.
    if command -v flock >/dev/null; then flock 9; fi
    if ! is_set_up "$level"; then install_level "$level"; fi
  ) 9>"$root/var/setup.lock"
}

install_level() {
  local level=$1
  say "Setting up Souffleur in $venv. The first time takes some minutes; later starts skip this."
  : >"$log"
  find_python
  case "$(uname -s)" in
    Darwin) require_brew ;;
    *) require_system_packages "$level" ;;
  esac
  if ! venv_is_sound; then make_venv; fi
  install_python_packages "$level"
  write_stamps "$level"
  say "Souffleur is set up."
}

# --- one moving line instead of ten thousand, and the whole story in the log -------------------------------

# logged WHAT COMMAND...: fails with the end of the log.
logged() {
  local what=$1
  shift
  printf '\n==> %s: %s\n' "$what" "$*" >>"$log"
  if ! "$@" </dev/null 2>&1 | "$python" "$root/scripts/progress.py" "$what" "$log"; then
    say $'\n'"The end of $log:"
    awk '/^==> /{count = 0} {lines[count++] = $0}
      END {for (i = (count > 30 ? count - 30 : 0); i < count; i++) print lines[i]}' "$log" >&2
    fail "Set-up stopped at: $what. Remove the cause shown above and start again: it carries on from here."
  fi
}

# --- Python ------------------------------------------------------------------------------------------------

# Sets $python: the newest one that we know to work, never the one inside an environment that we may remove.
find_python() {
  local candidate
  for candidate in python3.13 python3.12 python3.11 python3; do
    python=$("$candidate" -I -S -c 'import sys
if sys.version_info < (3, 11): sys.exit(1)
print(getattr(sys, "_base_executable", sys.executable))' 2>/dev/null) || continue
    minor=$("$python" -I -S -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    return
  done
  fail "Souffleur needs Python 3.11 or newer and found $(python3 -V 2>/dev/null || echo none):" \
    "install a newer one ($(python_remedy)) and start again."
}

python_remedy() {
  case "$(uname -s)" in
    Darwin) echo "brew install python@3.12" ;;
    *) echo "Debian 12, Ubuntu 24.04 and later: apt-get install python3 python3-venv" ;;
  esac
}

# An environment is rebuilt when its Python is gone or of another version, when the folder was moved, or when
# an installation into it was interrupted: pip takes a half-copied package for a whole one.
venv_is_sound() {
  local version
  [ ! -e "$venv/.unfinished" ] || return 1
  version=$("$venv/bin/python" -I -S -c 'import sys
if sys.version_info >= (3, 11): print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || return 1
  [ -d "$venv/lib/python$version/site-packages/pip" ] && grep -qF "$venv" "$venv/bin/activate"
}

make_venv() {
  rm -rf "$venv"
  logged "Making the virtual environment" "$python" -m venv "$venv"
}

install_python_packages() {
  local level=$1 lock
  case "$level" in
    run) lock=requirements.lock ;;
    *) lock=requirements-$level.lock ;;
  esac
  local pip=("$venv/bin/python" -m pip install --no-input --disable-pip-version-check)
  : >"$venv/.unfinished"
  logged "Preparing the installer" "${pip[@]}" --require-hashes -r "$root/requirements-setup.lock"
  # A wheel compiled in CI may be kept in a cache and land on another kind of processor.
  if [ -n "${CI:-}" ]; then export CMAKE_ARGS="${CMAKE_ARGS:--DGGML_NATIVE=OFF}"; fi
  # Without isolation, the tools that compile are the ones pinned in requirements-setup.lock.
  logged "Installing Python packages" env PATH="$venv/bin:$PATH" \
    "${pip[@]}" -v --progress-bar raw --no-build-isolation --require-hashes -r "$root/$lock"
  rm "$venv/.unfinished"
  logged "Installing souffleur" "${pip[@]}" \
    --no-deps --no-build-isolation -C editable_mode=compat -e "$root"
}

# Each lock file holds the smaller ones.
write_stamps() {
  local now
  now=$(stamp)
  case "$1" in
    coqui) printf '%s\n' "$now" | tee "$venv/.set-up-run" "$venv/.set-up-dev" >"$venv/.set-up-coqui" ;;
    dev) printf '%s\n' "$now" | tee "$venv/.set-up-run" >"$venv/.set-up-dev" ;;
    run) printf '%s\n' "$now" >"$venv/.set-up-run" ;;
  esac
}

# --- trainings ---------------------------------------------------------------------------------------------

# An environment of their own: whoever trains brings the PyTorch that fits the machine, and the house needs none.
# What was installed is written into the card of each model.
set_up_training() {
  local want="$root/requirements-training.txt"
  if [ -f "$training_venv/.set-up" ] && cmp -s "$want" "$training_venv/.set-up"; then return; fi
  mkdir -p "$root/var"
  : >>"$log"
  find_python
  case "$(uname -s)" in
    Darwin) require_brew ;;
    *) require_system_packages run ;;
  esac
  logged "Making the environment for trainings" "$python" -m venv "$training_venv"
  logged "Installing what trainings need" "$training_venv/bin/python" -m pip install --no-input \
    --disable-pip-version-check -v --progress-bar raw -r "$want"
  cp "$want" "$training_venv/.set-up"
}

# --- system packages ---------------------------------------------------------------------------------------

require_brew() {
  local tool
  for tool in espeak-ng cmake c++; do
    if ! command -v "$tool" >/dev/null; then
      fail "Souffleur needs $tool. Run this line, then start again:" $'\n\n' \
        "   brew install python@3.12 espeak-ng portaudio cmake" $'\n'
    fi
  done
}

require_system_packages() {
  local level=$1 family
  family=$(. /etc/os-release 2>/dev/null && printf ' %s %s ' "${ID:-}" "${ID_LIKE:-}") || family=
  case "$family" in
    *" debian "* | *" ubuntu "*) install_debian_packages "$level" "$family" ;;
    *) require_tools ;;
  esac
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

debian_packages() {
  local level=$1 family=$2
  local names=(espeak-ng g++ libportaudio2)
  if ! "$python" -I -c 'import ensurepip' 2>/dev/null; then names+=("python$minor-venv"); fi
  if [ "$level" != run ]; then
    names+=(iproute2 libasound2-plugins pulseaudio-utils)
    if is_installed pipewire-alsa; then
      say "PipeWire, this desktop's sound server, shuts PulseAudio out: the tests through a sound card will skip."
    else
      names+=(pulseaudio)
    fi
    # Ubuntu's package is an empty shell around a snap, which cannot run everywhere: there, the tests use the
    # browser that they find.
    case "$family" in
      *" ubuntu "*) ;;
      *) if ! command -v google-chrome >/dev/null; then names+=(chromium); fi ;;
    esac
  fi
  printf '%s\n' "${names[@]}"
}

install_debian_packages() {
  local name missing=()
  for name in $(debian_packages "$@"); do
    if ! is_installed "$name"; then missing+=("$name"); fi
  done
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  become_root "${missing[@]}"
  # A single broken package source makes the update fail; the installation below shows whether it mattered.
  logged "Asking for the list of system packages" \
    "${as_root[@]}" sh -c 'apt-get update -q || echo "apt-get update failed; trying with the list at hand"'
  # --no-remove: whatever stands in the way on somebody's desktop is not ours to throw out.
  logged "Installing system packages: ${missing[*]}" \
    "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=120 install -y -q --no-remove --no-install-recommends "${missing[@]}"
}

# Sets $as_root, or says which line a person who may do it has to run.
become_root() {
  as_root=(env DEBIAN_FRONTEND=noninteractive)
  if [ "$(id -u)" -eq 0 ]; then return; fi
  as_root=(sudo "${as_root[@]}")
  if sudo -n true 2>/dev/null; then return; fi
  if [ -t 0 ] && command -v sudo >/dev/null; then
    say "Souffleur needs these system packages: $*. To install them, sudo may ask for your password."
    if sudo -v; then return; fi
  fi
  fail "Souffleur needs system packages that only an administrator can install." \
    "Have this line run as root, then start again:"$'\n\n' \
    "   apt-get update && apt-get install -y --no-install-recommends $*"$'\n'
}

require_tools() {
  local missing=()
  if ! command -v espeak-ng >/dev/null; then missing+=("espeak-ng"); fi
  if ! command -v c++ >/dev/null; then missing+=("a C++ compiler"); fi
  if ! "$python" -I -c 'import ensurepip' 2>/dev/null; then missing+=("the Python module venv"); fi
  if ! "$python" -I -c 'import ctypes.util, sys; sys.exit(not ctypes.util.find_library("portaudio"))'; then
    missing+=("the PortAudio library")
  fi
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  local list
  list=$(printf ', %s' "${missing[@]}")
  fail "Souffleur needs ${list:2}: install them with this system's package manager and start again."
}
