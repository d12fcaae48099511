using System.Globalization;
using Orchestration.Core.Batches;

namespace Orchestration.Cli.Sweeps;

/// <summary>
/// Shows what batches are doing while a sweep waits for them: one line redrawn once a second on a terminal, a plain line every minute, and whenever the number of
/// batches or a problem changes, elsewhere.
/// </summary>
internal sealed class BatchProgressView : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    private readonly CliContext _context;
    private readonly BatchMeter _meter;
    private readonly long _startedAt;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _drawing;

    public BatchProgressView(CliContext context, BatchMeter meter)
    {
        _context = context;
        _meter = meter;
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
        using var timer = new PeriodicTimer(Period, _context.Time);
        (int Open, string? Problem) shown = (-1, null);
        var shownAt = _startedAt;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                var line = Line();
                if (_context.IsErrorTerminal)
                {
                    await _context.Error.WriteAsync($"\r\u001b[K{(line.Length < _context.Width ? line : line[..(_context.Width - 1)])}");
                    continue;
                }

                var now = (_meter.Open, _meter.Problem);
                if (now == shown && _context.Time.GetElapsedTime(shownAt) < Silence) continue;
                (shown, shownAt) = (now, _context.Time.GetTimestamp());
                await _context.Error.WriteLineAsync(line);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The work is over.
        }
    }

    private string Line()
    {
        var culture = CultureInfo.InvariantCulture;
        var elapsed = _context.Time.GetElapsedTime(_startedAt);
        var line = _meter.Open == 0
            ? string.Create(culture, $"batches: {_meter.Planned:N0} calls planned")
            : string.Create(culture, $"batches: {_meter.Open:N0} at the endpoint, {_meter.OpenDone:N0} of {_meter.OpenRequests:N0} lines done");
        line += string.Create(culture, $"  {_meter.Scored:N0} judgments collected");
        if (_meter.Totals.CostUsd > 0) line += string.Create(culture, $"  ${_meter.Totals.CostUsd:0.00##}");
        line += elapsed.TotalHours >= 1 ? string.Create(culture, $"  {(int)elapsed.TotalHours}h {elapsed.Minutes:00}m") : string.Create(culture, $"  {elapsed.Minutes}m {elapsed.Seconds:00}s");
        return _meter.Problem is { } problem ? line + "  " + problem : line;
    }
}
