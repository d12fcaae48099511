using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orchestration.Core.Sweeps;
using Orchestration.Silo.Hosting;
using Orchestration.Silo.Requests;

namespace Orchestration.Silo.Sweeps;

/// <summary>
/// A sweep's progress as server-sent events: one whenever it changed, by whichever silo, with an id from which a reader that was cut off goes on
/// (<c>Last-Event-ID</c>). Each event is the whole state, so that none that was missed matters.
/// </summary>
/// <param name="state">The silo.</param>
internal sealed class SweepEvents(SiloState state)
{
    private const int MostReaders = 256;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    private readonly Bulkhead _readers = new(MostReaders);

    /// <summary>Writes events until the sweep has ended, the reader has gone, or the silo drains.</summary>
    public async Task WriteAsync(HttpContext context, SweepRecord sweep)
    {
        var last = context.Request.Headers["Last-Event-ID"].ToString();
        var (id, now) = await ReadAsync(sweep, context.RequestAborted);
        if (IsOver(now) && id == last)
        {
            // By the standard this is what ends a reader's coming back.
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        if (!_readers.TryTake(1)) throw new BusyException("As many readers follow sweeps at this silo as it takes. Try again, or ask for the sweep now and then.", TimeSpan.FromSeconds(5));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, state.Draining);
        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.Body.WriteAsync("retry: 2000\n\n"u8.ToArray(), stop.Token);
            var saidAt = state.Options.Time.GetTimestamp();
            using var timer = new PeriodicTimer(Look, state.Options.Time);
            do
            {
                (id, now) = await ReadAsync(sweep, stop.Token);
                if (id != last)
                {
                    await SayAsync(context, id, now, stop.Token);
                    (last, saidAt) = (id, state.Options.Time.GetTimestamp());
                }
                else if (state.Options.Time.GetElapsedTime(saidAt) >= Silence)
                {
                    await context.Response.Body.WriteAsync(": still there\n\n"u8.ToArray(), stop.Token);
                    await context.Response.Body.FlushAsync(stop.Token);
                    saidAt = state.Options.Time.GetTimestamp();
                }
            }
            while (!IsOver(now) && await timer.WaitForNextTickAsync(stop.Token));
        }
        catch (OperationCanceledException) when (state.Draining.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            // The reader comes back, to another silo.
        }
        finally
        {
            _readers.Return(1);
        }
    }

    private static bool IsOver(SweepEvent now) => now.State is "completed" or "cancelled";

    private static async Task SayAsync(HttpContext context, string id, SweepEvent now, CancellationToken cancellationToken)
    {
        var text = $"event: {(IsOver(now) ? "end" : "progress")}\nid: {id}\ndata: {JsonSerializer.Serialize(now, SweepJson.Default.SweepEvent)}\n\n";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }

    private async Task<(string Id, SweepEvent Event)> ReadAsync(SweepRecord sweep, CancellationToken cancellationToken)
    {
        var now = await SweepViews.FindAsync(state.Store, sweep.Id, cancellationToken);
        var progress = await state.Store.Sweeps.ProgressAsync(sweep.Id, cancellationToken);
        var words = SweepSummary.StateText(now.State);
        return (
            string.Create(CultureInfo.InvariantCulture, $"{words}-{progress.ShardsDone}-{progress.Judgments}-{now.Totals.Calls}"),
            new SweepEvent(now.Id, words, SweepViews.Of(progress), now.Totals.CostUsd));
    }
}
