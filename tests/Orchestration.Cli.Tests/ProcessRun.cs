using System.Diagnostics;
using System.Text;
using Orchestration.Testing;

namespace Orchestration.Cli.Tests;

/// <summary>The command line as a process of its own, to be interrupted and killed.</summary>
internal sealed class ProcessRun : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _out;
    private readonly Task<string> _error;
    private readonly StringBuilder _errorSoFar = new();

    public ProcessRun(string workingFolder, params string[] arguments)
        : this(workingFolder, new Dictionary<string, string>(StringComparer.Ordinal), arguments)
    {
    }

    public ProcessRun(string workingFolder, IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = workingFolder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.ArgumentList.Add(Path.Combine(PublicData.RepositoryRoot, "src", "Orchestration.Cli", "bin", "Release", "net10.0", "orchestrate.dll"));
        foreach (var (name, value) in environment) start.Environment[name] = value;
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _out = _process.StandardOutput.ReadToEndAsync();
        _error = ReadErrorAsync();
        Exited = _process.WaitForExitAsync();
    }

    public Task<string> Out => _out;

    public Task<string> Error => _error;

    /// <summary>What it has said on standard error so far.</summary>
    public string ErrorSoFar
    {
        get { lock (_errorSoFar) return _errorSoFar.ToString(); }
    }

    public Task Exited { get; }

    private async Task<string> ReadErrorAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_errorSoFar) _errorSoFar.Append(line).Append('\n');
        }

        return ErrorSoFar;
    }

    public void Kill() => _process.Kill();

    public int Id => _process.Id;

    public void Interrupt() => Signal("INT");

    /// <summary>Sends a signal: <c>TERM</c>, <c>STOP</c>, <c>CONT</c>.</summary>
    public void Signal(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
