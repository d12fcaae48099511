# Sourced by ./orchestrate and ./test.

# Finds a .NET 10 SDK and sets dotnet_root (its folder) and dotnet (the program in it). Where there is none it says what to install
# and returns 1.
find_dotnet() {
  local candidate line seen=""
  for candidate in "$(command -v dotnet || true)" "${DOTNET_ROOT:-}/dotnet" "${HOME:-}/.dotnet/dotnet" \
    /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet /usr/local/share/dotnet/dotnet; do
    [[ -n $candidate && -f $candidate && -x $candidate ]] || continue
    # A line is "10.0.100 [/usr/share/dotnet/sdk]"; the newest is last. Asked from / so that no global.json has a say.
    while IFS= read -r line; do
      seen="$seen ${line%% *}"
      [[ $line =~ ^10\.[0-9.]+\ \[(.+)/sdk\]$ ]] || continue
      dotnet_root=${BASH_REMATCH[1]}
      dotnet=$dotnet_root/dotnet
      return 0
    done < <(cd / && "$candidate" --list-sdks 2>/dev/null)
  done

  cat >&2 <<EOF
The .NET 10 SDK is needed and is not on this machine${seen:+ (found:$seen)}.
Install it, then run this again:
  Ubuntu, Debian, Fedora   the package dotnet-sdk-10.0 (from the distribution or from Microsoft's package feed)
  macOS                    brew install dotnet-sdk
  anywhere, without root   https://dot.net/v1/dotnet-install.sh, run with --channel 10.0
  all the others           https://dotnet.microsoft.com/download/dotnet/10.0
If it is installed in a folder of its own, put that folder on PATH or in DOTNET_ROOT.
EOF
  return 1
}

# What every call of the SDK from these scripts has in common: English messages, no banner, no process left running behind.
quiet_dotnet() {
  export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en MSBUILDDISABLENODEREUSE=1
}
