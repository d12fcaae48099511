using System.Diagnostics;
using System.Globalization;
using Orchestration.Backends.Telemetry;
using Orchestration.Core;

namespace Orchestration.Backends.Exchanges;

/// <summary>One call on its way: its bodies, one for each name of the model, and what telemetry is told of it.</summary>
internal sealed class ExchangeCall : IDisposable
{
    private readonly ExchangeRequest _request;
    private readonly CallSubject _subject;
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private readonly string _operation;
    private readonly Activity? _activity;
    private List<(string Model, PooledBuffer Body)>? _others;
    private (string Model, PooledBuffer Body)? _first;
    private Uri? _endpoint;
    private int _retries;
    private bool _isOver;

    public ExchangeCall(ExchangeRequest request, CallSubject subject, TimeProvider time)
    {
        _request = request;
        _subject = subject;
        _time = time;
        _startedAt = time.GetTimestamp();
        _operation = Operation(request.Path);
        _activity = ExchangeTelemetry.Start(_operation, subject, request.MaxOutputTokens, request.Origin);
    }

    /// <summary>The body as an endpoint wants it.</summary>
    public PooledBuffer Body(string modelName)
    {
        if (_first is { } first && first.Model == modelName) return first.Body;
        foreach (var (name, other) in _others ?? [])
        {
            if (name == modelName) return other;
        }

        var body = new PooledBuffer();
        _request.WriteBody(body, modelName);
        if (_first is null) _first = (modelName, body);
        else (_others ??= []).Add((modelName, body));
        return body;
    }

    /// <summary>An attempt is sent.</summary>
    public void Sent(Uri endpoint)
    {
        if (_endpoint is null) ExchangeTelemetry.Queued(_subject.Deployment, _time.GetElapsedTime(_startedAt));
        _endpoint = endpoint;
    }

    /// <summary>Another attempt follows.</summary>
    public void Retry() => _retries++;

    /// <summary>The call goes on behind a stream; its bodies are no longer needed.</summary>
    public void Stream()
    {
        RecordPrompt();
        _isOver = true;
    }

    public CallEnd<T> End<T>(in CallEnd<T> end)
        where T : class
    {
        var reply = (end.Reply as IMeteredReply)?.Facts(_activity is not null && _subject.RecordsContent);
        End(new CallFacts { Reply = reply, Failure = end.Failure });
        return end;
    }

    public ExchangeReply End(ExchangeReply reply, ReplyFacts? facts)
    {
        End(new CallFacts { Reply = facts, Failure = reply.Status is >= 200 and < 300 ? null : reply.Status.ToString(CultureInfo.InvariantCulture) });
        return reply;
    }

    /// <summary>A stream has been read, or nobody reads it any more.</summary>
    public void End(StreamTap tap)
    {
        _isOver = false;
        End(new CallFacts
        {
            Reply = tap.Facts,
            Failure = tap.IsBroken ? "cut" : tap.IsDone ? null : "incomplete",
            FirstChunk = tap.FirstAt == 0 ? null : _time.GetElapsedTime(_startedAt, tap.FirstAt),
        });
    }

    /// <summary>Notes an exception; always false, to be used as a filter.</summary>
    public bool Fail(Exception e)
    {
        End(new CallFacts { Failure = e switch { OrchestrationException known => known.Code, OperationCanceledException => "cancelled", _ => e.GetType().FullName } });
        return false;
    }

    public void Dispose()
    {
        _first?.Body.Dispose();
        foreach (var (_, body) in _others ?? []) body.Dispose();
    }

    private void End(CallFacts facts)
    {
        if (_isOver) return;
        _isOver = true;
        RecordPrompt();
        if (_activity is not null && facts.Reply?.Text is { } text) MessageContent.RecordReply(_activity, text, facts.Reply.Finish);
        ExchangeTelemetry.End(_activity, _operation, _subject, facts with { Endpoint = _endpoint, Retries = _retries, Duration = _time.GetElapsedTime(_startedAt) });
    }

    private void RecordPrompt()
    {
        // Null after a stream, whose prompt was recorded when it began.
        if (_activity is null || !_subject.RecordsContent || _first is not { Body.Length: > 0 } first) return;
        MessageContent.RecordPrompt(_activity, first.Body.WrittenMemory);
    }

    private static string Operation(string path) => path.Split('?')[0] switch
    {
        var p when p.EndsWith("/chat/completions", StringComparison.Ordinal) => "chat",
        var p when p.EndsWith("/responses", StringComparison.Ordinal) => "chat",
        var p when p.EndsWith("/embeddings", StringComparison.Ordinal) => "embeddings",
        var p when p.EndsWith("/completions", StringComparison.Ordinal) => "text_completion",
        "" => "score",
        _ => "request",
    };
}
