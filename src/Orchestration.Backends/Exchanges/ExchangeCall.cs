using System.Diagnostics;

namespace Orchestration.Backends.Exchanges;

/// <summary>One call on its way: its bodies, one for each name of the model, and what telemetry is told of it.</summary>
internal sealed class ExchangeCall(ExchangeRequest request, string deployment, string model, TimeProvider time) : IDisposable
{
    private readonly long _startedAt = time.GetTimestamp();
    private readonly Activity? _activity = ExchangeTelemetry.Start(request, deployment, model);
    private List<(string Model, PooledBuffer Body)>? _others;
    private (string Model, PooledBuffer Body)? _first;
    private long _sentAt;
    private Uri? _endpoint;
    private int _retries;

    /// <summary>The body as an endpoint wants it.</summary>
    public PooledBuffer Body(string modelName)
    {
        if (_first is { } first && first.Model == modelName) return first.Body;
        foreach (var (name, other) in _others ?? [])
        {
            if (name == modelName) return other;
        }

        var body = new PooledBuffer();
        request.WriteBody(body, modelName);
        if (_first is null) _first = (modelName, body);
        else (_others ??= []).Add((modelName, body));
        return body;
    }

    /// <summary>An attempt is sent.</summary>
    public void Sent(Uri endpoint)
    {
        _sentAt = time.GetTimestamp();
        if (_endpoint is null) ExchangeTelemetry.Queued(deployment, time.GetElapsedTime(_startedAt, _sentAt));
        _endpoint = endpoint;
    }

    /// <summary>Another attempt follows.</summary>
    public void Retry() => _retries++;

    public CallEnd<T> End<T>(in CallEnd<T> end)
        where T : class
    {
        var metered = end.Reply as IMeteredReply;
        ExchangeTelemetry.End(_activity, new CallFacts(deployment, model, _endpoint, metered?.ServedModel, metered?.Usage, end.Failure, _retries, time.GetElapsedTime(_startedAt)));
        return end;
    }

    public ExchangeReply End(ExchangeReply reply)
    {
        var failure = reply.Status is >= 200 and < 300 ? null : reply.Status.ToString(System.Globalization.CultureInfo.InvariantCulture);
        ExchangeTelemetry.End(_activity, new CallFacts(deployment, model, _endpoint, null, null, failure, reply.Attempts - 1, time.GetElapsedTime(_startedAt)));
        return reply;
    }

    public void Dispose()
    {
        _first?.Body.Dispose();
        foreach (var (_, body) in _others ?? []) body.Dispose();
        _activity?.Dispose();
    }
}
