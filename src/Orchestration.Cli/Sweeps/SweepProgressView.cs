using System.Globalization;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Sweeps;

namespace Orchestration.Cli.Sweeps;

/// <summary>
/// Shows how far a sweep is: one line redrawn four times a second on a terminal, a plain line every ten seconds elsewhere.
/// Writes to standard error, so that results can be piped.
/// </summary>
internal sealed class SweepProgressView : IAsyncDisposable
{
    private readonly CliContext _context;
    private readonly SweepMeter _meter;
    private readonly DeploymentBoard _board;
    private readonly Dictionary<string, string> _told = new(StringComparer.Ordinal);
    private readonly long _rows;
    private readonly long _judgmentsInAll;
    private readonly long _startedAt;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _drawing;
    private long _judgmentsAtStart = -1;

    public SweepProgressView(CliContext context, SweepMeter meter, DeploymentBoard board, SweepRecord sweep, int columns)
    {
        _context = context;
        _meter = meter;
        _board = board;
        _rows = sweep.Rows;
        _judgmentsInAll = sweep.Rows * columns;
        _startedAt = context.Time.GetTimestamp();
        _drawing = Task.Run(DrawAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _drawing;
        if (_context.IsErrorTerminal) await _context.Error.WriteAsync("\r\u001b[K");
        _stop.Dispose();
    }

    private async Task DrawAsync()
    {
        // Elsewhere a line every ten seconds; what keeps a sweep waiting is told within one.
        var period = _context.IsErrorTerminal ? TimeSpan.FromMilliseconds(250) : TimeSpan.FromSeconds(1);
        using var timer = new PeriodicTimer(period, _context.Time);
        var ticks = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await TellAsync();
                var line = Line();
                if (_context.IsErrorTerminal) await _context.Error.WriteAsync($"\r\u001b[K{Fit(line)}");
                else if (++ticks % 10 == 0) await _context.Error.WriteLineAsync(line);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The work is over.
        }
    }

    /// <summary>A line of its own for each deployment that begins to wait or works again, and for what is worth noting.</summary>
    private async Task TellAsync()
    {
        while (_board.TryTakeNote(out var note)) await SayAsync($"note: {note}");
        var waits = _board.Waits;
        foreach (var wait in waits)
        {
            if (_told.TryGetValue(wait.Deployment, out var reason) && reason == wait.Reason) continue;
            _told[wait.Deployment] = wait.Reason;
            var next = wait.NextTry is { } at ? string.Create(CultureInfo.InvariantCulture, $"; next try at {at.ToLocalTime():HH:mm:ss}") : "";
            await SayAsync($"waiting: deployment '{wait.Deployment}': {wait.Reason}{next}. The sweep goes on by itself; Ctrl-C interrupts it.");
        }

        foreach (var deployment in _told.Keys.Where(name => waits.All(w => w.Deployment != name)).ToArray())
        {
            _told.Remove(deployment);
            await SayAsync($"deployment '{deployment}' works again");
        }
    }

    private async Task SayAsync(string text)
    {
        if (_context.IsErrorTerminal) await _context.Error.WriteAsync("\r\u001b[K");
        await _context.Error.WriteLineAsync(text);
    }

    // A line longer than the terminal would wrap, and then redrawing leaves its first part behind.
    private string Fit(string line) => line.Length < _context.Width ? line : line[..(_context.Width - 1)];

    private string Line()
    {
        var judgments = _meter.Judgments;
        if (_judgmentsAtStart < 0) _judgmentsAtStart = judgments;
        var seconds = _context.Time.GetElapsedTime(_startedAt).TotalSeconds;
        var rate = seconds > 0 ? (judgments - _judgmentsAtStart) / seconds : 0;
        var share = _judgmentsInAll == 0 ? 1 : Math.Min(1, (double)judgments / _judgmentsInAll);
        var left = rate > 0 ? Duration(TimeSpan.FromSeconds((_judgmentsInAll - judgments) / rate)) : "?";
        var bar = Bar(share);
        var cost = _meter.Totals.CostUsd;
        var unscored = _meter.UnscoredByReason.OrderByDescending(r => r.Value).ThenBy(r => r.Key, StringComparer.Ordinal).ToArray();
        return string.Create(CultureInfo.InvariantCulture,
            $"{bar} {share,4:0%}  {_meter.Rows:N0}/{_rows:N0} pairs  {rate:N0} judgments/s  {left} left")
            + (cost > 0 ? string.Create(CultureInfo.InvariantCulture, $"  ${cost:0.00##}") : "")
            + Waiting()
            + (unscored.Length == 0 ? "" : "  unscored " + string.Join(", ", unscored.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Key} {r.Value:N0}"))));
    }

    private string Waiting()
    {
        if (_board.Waits is not [var wait, ..]) return "";
        var next = wait.NextTry is { } at ? at - _context.Time.GetUtcNow() : TimeSpan.Zero;
        return $"  waiting for {wait.Deployment}" + (next > TimeSpan.Zero ? $" ({Duration(next)})" : "");
    }

    private string Bar(double share)
    {
        if (!_context.IsErrorTerminal) return "progress";
        const int Width = 24;
        var full = (int)(share * Width);
        return new string('█', full) + new string('░', Width - full);
    }

    private static string Duration(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}h {time.Minutes:00}m")
        : time.TotalMinutes >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}m {time.Seconds:00}s")
            : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0}s");
}
