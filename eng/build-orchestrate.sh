# Sourced by ./orchestrate where its build is out of date. Needs root, state and is_fresh; sets program and dotnet_root.

build_orchestrate() {
  # shellcheck source=eng/dotnet.sh
  . "$root/eng/dotnet.sh"
  mkdir -p "$state/builds" || return 1

  lock_builds
  local status=0
  # Whoever held the lock before may have built what is wanted here.
  is_fresh || build_locked || status=1
  unlock_builds
  return $status
}

build_locked() {
  local previous="" number name
  find_dotnet || return 1
  [[ -f $state/current ]] && read -r previous <"$state/current"
  if [[ -z $previous || -t 2 ]]; then
    echo "orchestrate: building…" >&2
  fi

  # A name that no build had before: commands that are running may still load files of theirs.
  number=$((${previous:-0} + 1))
  while [[ -e $state/builds/$number ]]; do number=$((number + 1)); done
  # Written before the build reads the first source: what changes meanwhile is newer.
  printf '%s\n%s\n' "$number" "$dotnet_root" >"$state/next" || return 1

  # Compiled ahead of time where the compiler for that can be restored; that only saves a third of the start-up time.
  if ! publish "$number" -p:PublishReadyToRun=true >"$state/build.log" 2>&1; then
    if ! grep -qi 'crossgen' "$state/build.log" || ! publish "$number" >"$state/build.log" 2>&1; then
      rm -rf "$state/next" "${state:?}/builds/$number"
      cat "$state/build.log" >&2
      echo "orchestrate: the build failed; nothing was run. The messages above are also in $state/build.log" >&2
      return 1
    fi
  fi
  mv -f "$state/next" "$state/current" || return 1
  program=$state/builds/$number/orchestrate

  for name in "$state/builds"/*; do
    name=${name##*/}
    # The one before may have been chosen by a command that has not started yet.
    [[ $name == "$number" || $name == "$previous" ]] || is_running "$name" || rm -rf "${state:?}/builds/$name"
  done
  return 0
}

# Standard input belongs to the command that is to run, and the lock must not outlive this script in a child.
publish() {
  local number=$1
  shift
  (
    quiet_dotnet
    cd "$root" && exec "$dotnet" publish src/Orchestration.Cli -c Release --use-current-runtime --no-self-contained \
      --artifacts-path "$state/work" -o "$state/builds/$number" -p:ForOrchestrate=true "$@" -v quiet -nologo
  ) </dev/null 9>&-
}

is_running() {
  local exe
  if [[ -d /proc/self ]]; then
    for exe in /proc/[0-9]*/exe; do
      [[ $exe -ef $state/builds/$1/orchestrate ]] && return 0
    done
    return 1
  fi
  pgrep -f "$state/builds/$1/" >/dev/null
}

lock_builds() {
  if command -v flock >/dev/null; then
    exec 9>"$state/lock"
    flock 9
    return
  fi
  # Without flock: a folder is made by one only, and names its owner so that a dead one's is taken away.
  until mkdir "$state/lock.d" 2>/dev/null; do
    local owner=""
    [[ -f $state/lock.d/owner ]] && read -r owner <"$state/lock.d/owner"
    [[ -n $owner ]] && ! kill -0 "$owner" 2>/dev/null && rm -rf "$state/lock.d"
    sleep 0.2
  done
  echo $$ >"$state/lock.d/owner"
}

unlock_builds() {
  exec 9>&-
  rm -rf "$state/lock.d"
}
