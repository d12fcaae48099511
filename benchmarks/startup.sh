#!/usr/bin/env bash
# Measures how long the command line takes to start and end, and writes benchmarks/results/startup.md. Needs hyperfine, a Release build of src/Orchestration.Cli, and
# optionally what `eng/pack linux-x64` makes. With --trimmed it also publishes the single file trimmed, in both ways, into artifacts/startup, counts the linker's warnings, and measures those.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/eng/dotnet.sh"
find_dotnet
export DOTNET_ROOT=$dotnet_root
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
version=$(sed -n 's:.*<VersionPrefix>\(.*\)</VersionPrefix>.*:\1:p' "$root/Directory.Build.props")
names=("compiled when it starts (\`dotnet build\`)") programs=("$root/src/Orchestration.Cli/bin/Release/net10.0/orchestrate")
if [[ -f $root/artifacts/orchestrate/current ]]; then
  names+=("compiled ahead, .NET of the machine (\`./orchestrate\`)"); programs+=("$root/artifacts/orchestrate/builds/$(head -n 1 "$root/artifacts/orchestrate/current")/orchestrate")
fi
archive=$root/artifacts/packages/orchestrate-$version-linux-x64.tar.gz
if [[ -f $archive ]]; then
  tar -xzf "$archive"
  names+=("single file, self-contained, compiled ahead: $(du -m "$work/orchestrate-$version-linux-x64/orchestrate" | cut -f 1) MB"); programs+=("$work/orchestrate-$version-linux-x64/orchestrate")
fi
if [[ ${1:-} == --trimmed ]]; then
  for mode in partial full; do
    # The generator of request delegates, which trimming switches on, writes code here that does not compile.
    (cd "$root" && "$dotnet" publish src/Orchestration.Cli -c Release -r linux-x64 --self-contained -p:ForPackage=true --artifacts-path "$root/artifacts/startup/work" -v minimal -nologo \
      -p:PublishSingleFile=true -p:PublishReadyToRun=true -p:PublishTrimmed=true -p:TrimMode=$mode -p:TrimmerSingleWarn=false -p:SuppressTrimAnalysisWarnings=false -p:TreatWarningsAsErrors=false \
      -p:EnableRequestDelegateGenerator=false -o "$root/artifacts/startup/$mode") >"$work/$mode.log" 2>&1 || { cat "$work/$mode.log"; exit 1; }
    names+=("the same, trimmed ($mode): $(du -m "$root/artifacts/startup/$mode/orchestrate" | cut -f 1) MB, $(grep -c 'ILLink : Trim' "$work/$mode.log") warnings"); programs+=("$root/artifacts/startup/$mode/orchestrate")
  done
fi
{
  echo "# Start-up of the command line"
  echo
  echo "Whole processes, milliseconds by the wall: mean ± standard deviation of 20 runs after 3 (hyperfine); the aim is 150. $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs), $(nproc) cores, .NET $("$dotnet" --version)."
  echo
  echo "| | \`--version\` | \`--help\` | \`sweep list\` |"
  echo "|---|---|---|---|"
  for i in "${!programs[@]}"; do
    hyperfine -N -w 3 -r 20 --export-csv "$work/out.csv" "${programs[$i]} --version" "${programs[$i]} --help" "${programs[$i]} sweep list --store $work/store.db" >/dev/null 2>&1
    echo "| ${names[$i]} | $(awk -F, 'NR > 1 {printf "%s%.0f ± %.0f", (NR > 2 ? " | " : ""), $(NF-6) * 1000, $(NF-5) * 1000}' "$work/out.csv") |"
  done
} >"$work/startup.md"
# What was found of trimming is written by hand, and stays.
sed -n '/^## /,$p' "$root/benchmarks/results/startup.md" >"$work/kept.md"
[[ -s $work/kept.md ]] && { echo; cat "$work/kept.md"; } >>"$work/startup.md"
cp "$work/startup.md" "$root/benchmarks/results/startup.md"
cat "$work/startup.md"
