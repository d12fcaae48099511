using System.Buffers;
using System.Globalization;
using System.Text;
using Orchestration.Core.Judging;
using Orchestration.Simulation.Endpoint.Limits;
using Orchestration.Simulation.Replies;

namespace Orchestration.Simulation.Endpoint;

/// <summary>What was worked out for a request.</summary>
internal readonly record struct Outcome(ScriptedFault Fault, string? ErrorMessage, TokenUsage Usage, ulong Hash, long Arrived, string Model);

/// <summary>Sends what was worked out, or what its fault makes of it, and charges it.</summary>
internal sealed class FaultySender(ScriptedEndpointOptions options, TimeProvider time, EndpointBooks books, CancellationToken stopping)
{
    /// <param name="response">Where to send it.</param>
    /// <param name="outcome">What was worked out.</param>
    /// <param name="write">Writes the body whole.</param>
    /// <param name="stream">The same as events, where the caller asked for a stream; null elsewhere.</param>
    public async Task SendAsync(EndpointResponse response, Outcome outcome, Action<IBufferWriter<byte>> write, Func<List<byte[]>>? stream)
    {
        var (fault, hash, arrived) = (outcome.Fault, outcome.Hash, outcome.Arrived);
        if (fault != ScriptedFault.None) books.Fault(fault);
        if (Refusal.Of(fault) is { } refusal)
        {
            await WaitAsync(hash, arrived).ConfigureAwait(false);
            if (IsCharged(refusal, hash)) books.Charge(outcome.Usage);
            await RefuseAsync(response, outcome, refusal).ConfigureAwait(false);
            return;
        }

        if (fault is ScriptedFault.ConnectionReset or ScriptedFault.Hang)
        {
            // The work is done and charged; the caller never hears of it.
            books.Charge(outcome.Usage);
            if (fault == ScriptedFault.Hang) await response.WaitForEndAsync(stopping).ConfigureAwait(false);
            else await WaitAsync(hash, arrived).ConfigureAwait(false);
            response.Reset();
            return;
        }

        await WaitAsync(hash, arrived).ConfigureAwait(false);
        books.Charge(outcome.Usage);
        if (fault == ScriptedFault.HtmlPage)
        {
            await response.SendAsync(200, static output => output.Write("<html><body>Please sign in to continue.</body></html>"u8), "text/html").ConfigureAwait(false);
            return;
        }

        var isWhole = stream is null ? await SendWholeAsync(response, fault, write).ConfigureAwait(false) : await SendEventsAsync(response, fault, stream()).ConfigureAwait(false);
        if (isWhole) books.Delivered(hash, outcome.Usage);
    }

    /// <summary>The latency counts from arrival, so that the time for reading and thinking is part of it. A caller's leaving does not end it.</summary>
    public Task WaitAsync(ulong hash, long arrived)
    {
        if (options.Latency <= TimeSpan.Zero && options.LatencySpread <= TimeSpan.Zero) return Task.CompletedTask;
        var latency = options.Latency + (options.LatencySpread * ContentHash.Unit(ContentHash.Combine(hash, options.Seed)));
        var remaining = latency - time.GetElapsedTime(arrived);
        return remaining <= TimeSpan.Zero ? Task.CompletedTask : Task.Delay(remaining, time, stopping);
    }

    /// <summary>True where a usable reply went out whole.</summary>
    private async Task<bool> SendWholeAsync(EndpointResponse response, ScriptedFault fault, Action<IBufferWriter<byte>> write)
    {
        switch (fault)
        {
            case ScriptedFault.InvalidJson:
                await response.SendAsync(200, static output => output.Write("upstream said: ok\n{"u8)).ConfigureAwait(false);
                return false;
            case ScriptedFault.ErrorInBody:
                await response.SendAsync(200, Refusal.Of(ScriptedFault.ServerError)!.Value.Write).ConfigureAwait(false);
                return false;
            case ScriptedFault.TruncatedJson:
                await response.SendPartAsync(write, isAnnouncedWhole: false).ConfigureAwait(false);
                return false;
            case ScriptedFault.CutConnection or ScriptedFault.ResetInBody or ScriptedFault.HangInBody:
                await response.SendPartAsync(write, isAnnouncedWhole: true).ConfigureAwait(false);
                await EndAsync(response, fault).ConfigureAwait(false);
                return false;
            case ScriptedFault.SlowBody:
                await response.SendSlowlyAsync(write, () => Task.Delay(options.SlowBodyPause, time, stopping)).ConfigureAwait(false);
                return true;
            default:
                await response.SendAsync(200, write).ConfigureAwait(false);
                return fault != ScriptedFault.NoChoices;
        }
    }

    /// <summary>True where a usable stream went out whole.</summary>
    private async Task<bool> SendEventsAsync(EndpointResponse response, ScriptedFault fault, List<byte[]> events)
    {
        response.BeginStream();
        var half = options.BreaksStreamsAtStart ? 0 : events.Count / 2;
        for (var i = 0; i < events.Count; i++)
        {
            if (i > 0 && options.StreamPause > TimeSpan.Zero) await Task.Delay(options.StreamPause, time, stopping).ConfigureAwait(false);
            if (i == half)
            {
                switch (fault)
                {
                    case ScriptedFault.TruncatedJson:
                        await response.WriteAsync(events[i].AsMemory(0, events[i].Length / 2)).ConfigureAwait(false);
                        return false;
                    case ScriptedFault.InvalidJson:
                        await response.WriteAsync("data: upstream said: ok\ndata: {\n\n"u8.ToArray()).ConfigureAwait(false);
                        return false;
                    case ScriptedFault.ErrorInBody:
                        var error = new ArrayBufferWriter<byte>();
                        error.Write("data: "u8);
                        Refusal.Of(ScriptedFault.ServerError)!.Value.Write(error);
                        error.Write("\n\n"u8);
                        await response.WriteAsync(error.WrittenMemory).ConfigureAwait(false);
                        return false;
                    case ScriptedFault.CutConnection or ScriptedFault.ResetInBody or ScriptedFault.HangInBody:
                        await EndAsync(response, fault).ConfigureAwait(false);
                        return false;
                    case ScriptedFault.SlowBody:
                        await Task.Delay(options.SlowBodyPause, time, stopping).ConfigureAwait(false);
                        break;
                }
            }

            await response.WriteAsync(events[i]).ConfigureAwait(false);
        }

        return fault != ScriptedFault.NoChoices;
    }

    private async Task EndAsync(EndpointResponse response, ScriptedFault fault)
    {
        if (fault == ScriptedFault.HangInBody) await response.WaitForEndAsync(stopping).ConfigureAwait(false);
        if (fault == ScriptedFault.ResetInBody) response.Reset();
        else response.Abort();
    }

    /// <summary>Behind 500, 502 and 504 a model may have worked; here it has for half of the contents.</summary>
    private static bool IsCharged(in Refusal refusal, ulong hash) => refusal.Status is 500 or 502 or 504 && (hash & 1) == 0;

    private Task RefuseAsync(EndpointResponse response, Outcome outcome, Refusal refusal)
    {
        var now = time.GetUtcNow();
        if (outcome.Fault == ScriptedFault.DailyLimit)
        {
            refusal = LimitHeaders.Daily(outcome.Model, Refusal.DailyLimit, options.RetryAfter);
            LimitHeaders.WriteDaily(response, Refusal.DailyLimit, options.RetryAfter);
        }

        if (outcome.ErrorMessage is { } message) refusal = refusal with { Message = message };
        if (outcome.Fault == ScriptedFault.RetryAfterDate) response.Header("Date", now.UtcDateTime.ToString("r", CultureInfo.InvariantCulture));
        if (Refusal.Header(outcome.Fault, options.RetryAfter, now) is { } header) response.Header(header.Name, header.Value);
        return refusal.Page is { } page
            ? response.SendAsync(refusal.Status, output => output.Write(Encoding.UTF8.GetBytes(page)), "text/html")
            : response.SendAsync(refusal.Status, refusal.Write);
    }
}
