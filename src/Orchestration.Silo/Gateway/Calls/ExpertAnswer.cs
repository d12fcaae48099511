using System.Buffers;
using Orchestration.Backends.Exchanges;
using Orchestration.Core.Judging;
using Orchestration.Core.Routing;
using Orchestration.Silo.Gateway.Errors;
using Orchestration.Silo.Gateway.Streams;

namespace Orchestration.Silo.Gateway.Calls;

/// <summary>
/// What came of one call: an answer (whole, or begun as a stream), or why there is none. Disposing of it ends the call: the upstream is let go, the money is settled,
/// the router is told. Only then <see cref="Step"/> is final.
/// </summary>
internal sealed class ExpertAnswer : IAsyncDisposable
{
    private readonly Action<ExpertAnswer> _end;
    private readonly ExchangeReply? _reply;

    public ExpertAnswer(CallPlan plan, ExpertCallKind kind, ExchangeReply? reply, GatewayError? error, int unknownAttempts, Action<ExpertAnswer> end)
    {
        Plan = plan;
        Kind = kind;
        Error = error;
        Status = reply?.Status ?? 0;
        UnknownAttempts = unknownAttempts;
        RetryAfter = error?.RetryAfter;
        _reply = reply;
        _end = end;
    }

    public CallPlan Plan { get; }

    public ExpertEntry Expert => Plan.Expert;

    /// <summary>How it ended, or goes at the moment: an answer that begins well may still break.</summary>
    public ExpertCallKind Kind { get; private set; }

    /// <summary>What the client is told where there is no answer; null where there is one.</summary>
    public GatewayError? Error { get; }

    public bool IsAnswer => Kind == ExpertCallKind.Answered;

    public int Status { get; }

    public int UnknownAttempts { get; }

    public TimeSpan? RetryAfter { get; }

    /// <summary>The whole body; empty with a stream.</summary>
    public ReadOnlyMemory<byte> Body => _reply?.Body ?? default;

    public IReadOnlyList<KeyValuePair<string, string>> Headers => _reply?.Headers ?? [];

    /// <summary>The stream behind its first event that is a part of an answer, which stands in <see cref="EventReader.Event"/>; null for a whole answer.</summary>
    public EventReader? Events { get; init; }

    /// <summary>What came of the stream before its first event.</summary>
    public ReadOnlyMemory<byte> Lead { get; init; }

    /// <summary>A whole answer's text, where it was wanted and there is one; of a stream what came so far.</summary>
    public string? Text => Events is { } events ? events.Text.Length > 0 ? events.Text : null : WholeText;

    public string? WholeText { get; init; }

    /// <summary>What it took, as far as it is known.</summary>
    public TokenUsage? Usage => _reply?.Usage;

    /// <summary>US dollars that it is known to cost; 0 where that is not known.</summary>
    public decimal KnownUsd => Usage is { } usage ? Expert.Prices?.Cost(usage) ?? 0 : 0;

    /// <summary>The whole stream, to be played to the client once it is known that this answer is taken; null for other answers.</summary>
    public ReadOnlyMemory<byte>? Recorded { get; private set; }

    /// <summary>Reads a stream to its end. Afterwards <see cref="Recorded"/> has it, or the answer is none.</summary>
    /// <param name="keepsUsage">True where the client wants the usage of streams.</param>
    /// <param name="cancellationToken">Nobody waits for it any more.</param>
    public async ValueTask RecordAsync(bool keepsUsage, CancellationToken cancellationToken)
    {
        if (Events is not { } events || !IsAnswer) return;
        var recorded = new ArrayBufferWriter<byte>(8192);
        recorded.Write(Lead.Span);
        try
        {
            do
            {
                if (events.Kind is EventKind.Error or EventKind.Garbage) break;
                if (events.Kind is EventKind.Part or EventKind.Preamble || (events.Kind == EventKind.Usage && keepsUsage)) recorded.Write(events.Event.Span);
            }
            while (events.Kind != EventKind.Done && await events.ReadAsync(cancellationToken));
            if (IsComplete && events.Kind is not (EventKind.Error or EventKind.Garbage)) Recorded = recorded.WrittenMemory;
            else Kind = ExpertCallKind.Failed;
        }
        catch (IOException)
        {
            Kind = ExpertCallKind.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Kind = ExpertCallKind.Cancelled;
        }
    }

    /// <summary>What an event of the stream that is an error says, fit to be shown.</summary>
    public ExchangeProblem? ReadProblem(ReadOnlySpan<byte> data) => _reply?.ReadProblem(data);

    /// <summary>True where the whole answer is there.</summary>
    public bool IsComplete => _reply is { IsComplete: true };

    /// <summary>What judges that decide gave it, 0–1; NaN where none were asked.</summary>
    public double Score { get; set; } = double.NaN;

    /// <summary>The books' line of it, once it is over.</summary>
    public RouteStep Step { get; set; }

    /// <summary>True once it was disposed of: <see cref="Step"/> is final.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The stream broke, or its reader left.</summary>
    public void Break(ExpertCallKind kind) => Kind = kind;

    public async ValueTask DisposeAsync()
    {
        if (IsOver) return;
        IsOver = true;
        Events?.Dispose();
        if (_reply is not null) await _reply.DisposeAsync();
        _end(this);
    }
}
