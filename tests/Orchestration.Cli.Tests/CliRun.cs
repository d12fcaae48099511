using System.Text;
using System.Text.Json;

namespace Orchestration.Cli.Tests;

/// <summary>Runs commands in this process, in a folder of their own.</summary>
internal sealed class CliRun : IDisposable
{
    private TextWriter? _error;
    private StringWriter? _errorText;

    public CliRun() => Folder = Directory.CreateTempSubdirectory("orchestrate-test-").FullName;

    public string Folder { get; }

    public string Out { get; private set; } = "";

    public string Error { get; private set; } = "";

    /// <summary>What the running command has said on standard error so far.</summary>
    public string ErrorSoFar
    {
        get
        {
            if (_error is not { } error) return "";
            lock (error) return _errorText!.ToString();
        }
    }

    public string At(string name) => Path.Combine(Folder, name);

    public string Write(string name, params string[] lines)
    {
        File.WriteAllText(At(name), string.Join('\n', lines) + "\n");
        return At(name);
    }

    public async Task<int> RunAsync(string[] arguments, string? standardInput = null)
    {
        using StringWriter output = new(), error = new();
        _errorText = error;
        _error = TextWriter.Synchronized(error);
        var status = await CommandLine.RunAsync(arguments, new CliContext
        {
            Out = TextWriter.Synchronized(output),
            Error = _error,
            StandardInput = new MemoryStream(Encoding.UTF8.GetBytes(standardInput ?? "")),
        });
        (Out, Error) = (output.ToString(), error.ToString());
        return status;
    }

    /// <summary><c>sweep run</c> with store and results in this folder, and the last line's object.</summary>
    public Task<(int Status, JsonElement Line)> SweepAsync(params string[] arguments) => RunJsonAsync(["sweep", "run", .. arguments, "--store", At("store.db"), "--json"]);

    public async Task<(int Status, JsonElement Line)> RunJsonAsync(string[] arguments)
    {
        var status = await RunAsync(arguments);
        var last = Out.TrimEnd().Split('\n')[^1];
        return (status, last.StartsWith('{') ? JsonDocument.Parse(last).RootElement : default);
    }

    public JsonElement[] Rows(string name) => [.. File.ReadAllLines(At(name)).Select(l => JsonDocument.Parse(l).RootElement)];

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
