using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Orchestration.Benchmarks.Whole.Gateway;

/// <summary>What one run of wrk measured.</summary>
/// <param name="PerSecond">Requests a second.</param>
/// <param name="Median">Half of them took at most this, milliseconds.</param>
/// <param name="Percentile99">99% took at most this, milliseconds.</param>
/// <param name="Requests">All of them.</param>
/// <param name="Errors">Answers of another status than 2xx or 3xx, and lost connections.</param>
internal sealed partial record Wrk(double PerSecond, double Median, double Percentile99, long Requests, long Errors)
{
    /// <summary>Runs it.</summary>
    /// <param name="folder">Where its script is written.</param>
    /// <param name="url">What it asks.</param>
    /// <param name="body">What it posts.</param>
    /// <param name="headers">Further headers.</param>
    /// <param name="connections">At once.</param>
    /// <param name="seconds">For so long.</param>
    public static async Task<Wrk> RunAsync(string folder, string url, string body, IReadOnlyDictionary<string, string>? headers, int connections, int seconds)
    {
        var script = Path.Combine(folder, "post.lua");
        var lines = new List<string> { "wrk.method = 'POST'", "wrk.headers['content-type'] = 'application/json'", $"wrk.body = [==[{body}]==]" };
        foreach (var (name, value) in headers ?? new Dictionary<string, string>(StringComparer.Ordinal)) lines.Add($"wrk.headers['{name}'] = '{value}'");
        await File.WriteAllLinesAsync(script, lines);
        var text = await OutputAsync("wrk", folder, $"-t{Math.Min(2, connections)}", $"-c{connections}", $"-d{seconds}s", "-s", script, "--latency", url);
        return new Wrk(
            Number(RatePattern().Match(text)), Milliseconds(MedianPattern().Match(text)), Milliseconds(TailPattern().Match(text)),
            (long)Number(CountPattern().Match(text)), (long)(Number(StatusPattern().Match(text)) + SocketPattern().Matches(text).Sum(static m => m.Groups.Values.Skip(1).Sum(static g => double.Parse(g.Value, CultureInfo.InvariantCulture)))));
    }

    /// <summary>What a program writes; throws where it fails.</summary>
    public static async Task<string> OutputAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {await error}{output}");
    }

    private static double Number(Match match) => match.Success ? double.Parse(match.Groups["n"].Value, CultureInfo.InvariantCulture) : 0;

    private static double Milliseconds(Match match) => Number(match) * match.Groups["unit"].Value switch { "us" => 0.001, "s" => 1000, "m" => 60_000, _ => 1 };

    [GeneratedRegex(@"Requests/sec:\s+(?<n>[\d.]+)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex RatePattern();

    [GeneratedRegex(@"50%\s+(?<n>[\d.]+)(?<unit>us|ms|s|m)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex MedianPattern();

    [GeneratedRegex(@"99%\s+(?<n>[\d.]+)(?<unit>us|ms|s|m)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex TailPattern();

    [GeneratedRegex(@"(?<n>\d+) requests in", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex CountPattern();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (?<n>\d+)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex StatusPattern();

    [GeneratedRegex(@"Socket errors: connect (?<a>\d+), read (?<b>\d+), write (?<c>\d+), timeout (?<d>\d+)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex SocketPattern();
}
