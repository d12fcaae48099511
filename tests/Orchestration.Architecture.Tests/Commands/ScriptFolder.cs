using System.Diagnostics;
using Orchestration.Testing;
using Xunit;

namespace Orchestration.Architecture.Tests.Commands;

/// <summary>
/// A copy of the repository's two commands in a folder of their own, with sources that nobody compiles and a program called dotnet that
/// only notes how it was called.
/// </summary>
internal sealed class ScriptFolder : IDisposable
{
    /// <summary>Publishes a program that says which build it is, where it runs, with what arguments and what it reads.</summary>
    private const string FakeDotnet = """
        #!/usr/bin/env bash
        here=$(cd "$(dirname "$0")" && pwd)
        [[ $1 == --list-sdks ]] && { echo "$(cat "$here/version") [$here/sdk]"; exit 0; }
        echo "$*" >>"$here/calls"
        cat >/dev/null
        [[ -f $here/broken-$1 ]] && { echo "One.cs(1,1): error CS0000: broken on purpose"; exit 1; }
        [[ -f $here/no-crossgen && $* == *ReadyToRun=true* ]] && { echo "error NU1101: Unable to find package microsoft.netcore.app.crossgen2.linux-x64."; exit 1; }
        while (($# > 0)); do
          [[ $1 == -o ]] && out=$2
          shift
        done
        [[ -n ${out:-} ]] || exit 0
        mkdir -p "$out"
        if [[ -f $here/publish-cat ]]; then
          cp "$(command -v cat)" "$out/orchestrate"
        else
          printf '%s\n' '#!/usr/bin/env bash' 'echo "build ${0%/*}"' 'echo "in $PWD"' 'printf "argument <%s>\n" "$@"' 'echo "read $(cat)"' >"$out/orchestrate"
          chmod +x "$out/orchestrate"
        fi
        """;

    public ScriptFolder()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The commands are bash scripts.");
        Root = Path.Combine(Path.GetTempPath(), $"orchestrate-{Path.GetRandomFileName()}");
        foreach (var folder in new[] { "repository/src/One", "repository/rubrics", "repository/samples", "repository/eng", "fake", "elsewhere", "home" })
            Directory.CreateDirectory(Path.Combine(Root, folder));

        foreach (var script in new[] { "orchestrate", "test", "eng/dotnet.sh", "eng/build-orchestrate.sh" })
            File.Copy(Path.Combine(PublicData.RepositoryRoot, script), Repository(script));
        foreach (var source in new[] { "src/One/One.cs", "src/One/Two.cs", "rubrics/one.md", "samples/one.jsonl", "Directory.Build.props", "global.json", "BannedSymbols.txt" })
            File.WriteAllText(Repository(source), "");

        File.WriteAllText(Fake("version"), "10.0.100");
        WriteProgram(Fake("dotnet"), FakeDotnet);
    }

    public string Root { get; }

    /// <summary>How dotnet was called, one call a line; asking for versions is not counted.</summary>
    public IReadOnlyList<string> DotnetCalls => File.Exists(Fake("calls")) ? File.ReadAllLines(Fake("calls")) : [];

    public string Repository(string path) => Path.Combine(Root, "repository", path);

    /// <summary>A path beside the fake dotnet; files there tell it what to do.</summary>
    public string Fake(string path) => Path.Combine(Root, "fake", path);

    public void WriteProgram(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text.ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Dates a source a second after the newest build began.</summary>
    public void Edit(string source) =>
        File.SetLastWriteTimeUtc(Repository(source), File.GetLastWriteTimeUtc(Repository("artifacts/orchestrate/current")).AddSeconds(1));

    /// <summary>Starts a command with nothing on its way to standard input yet.</summary>
    public Process Start(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments)
        {
            WorkingDirectory = Path.Combine(Root, "elsewhere"),
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{Fake("")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["HOME"] = Path.Combine(Root, "home");
        start.Environment.Remove("DOTNET_ROOT");
        start.Environment.Remove("CI");
        return Process.Start(start)!;
    }

    /// <summary>Ends what a started command reads and waits for it.</summary>
    public static async Task<Outcome> EndAsync(Process process, string input = "")
    {
        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return new Outcome(process.ExitCode, await output, await errors);
        }
    }

    public Task<Outcome> OrchestrateAsync(params string[] arguments) => EndAsync(Start(Repository("orchestrate"), arguments));

    public Task<Outcome> TestAsync(params string[] arguments) => EndAsync(Start(Repository("test"), arguments));

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public sealed record Outcome(int Status, string Output, string Errors);
}
