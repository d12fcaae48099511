using System.Collections.Concurrent;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation.Endpoint.Limits;

namespace Orchestration.Simulation.Endpoint;

/// <summary>Counts what an endpoint sees. Safe for concurrent use.</summary>
internal sealed class EndpointBooks(TimeProvider time, TokenPrices? prices, decimal batchFactor, bool tracksContents, ArrivalLog arrivals)
{
    private const int MaxSeconds = 86_400;

    private readonly Lock _lock = new();
    private readonly List<int> _bySecond = [];
    private readonly long[] _faults = new long[Enum.GetValues<ScriptedFault>().Length];
    private readonly ConcurrentDictionary<ulong, ContentState> _contents = new();
    private readonly List<(long Requests, TaskCompletionSource Reached)> _waiting = [];
    private long _requests;
    private long _delivered;
    private TokenUsage _deliveredUsage;
    private long _charged;
    private long _input;
    private long _cached;
    private long _output;
    private long _reasoning;
    private long _repeated;
    private long _turned;
    private long _embeddingCalls;
    private long _embeddedTexts;
    private long _batches;
    private long _batchLines;
    private TokenUsage _batchUsage;
    private int _concurrent;
    private int _maxConcurrent;
    private long _firstTimestamp;
    private long _lastTimestamp;
    private DateTimeOffset? _firstAt;
    private DateTimeOffset? _lastAt;

    /// <summary>Notes an arrival.</summary>
    public void Arrived()
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            _requests++;
            if (++_concurrent > _maxConcurrent) _maxConcurrent = _concurrent;
            if (_firstAt is null)
            {
                _firstAt = time.GetUtcNow();
                _firstTimestamp = now;
            }

            var second = (int)Math.Min((long)time.GetElapsedTime(_firstTimestamp, now).TotalSeconds, MaxSeconds - 1);
            while (_bySecond.Count <= second) _bySecond.Add(0);
            _bySecond[second]++;
            if (_waiting.Count > 0) Release();
        }
    }

    /// <summary>Notes a request that came while the endpoint was down.</summary>
    public void Turned() => Interlocked.Increment(ref _turned);

    /// <summary>Notes the end of a request, however it ended.</summary>
    public void Left()
    {
        lock (_lock) _concurrent--;
    }

    /// <summary>Which attempt of its content a request is, from 1; always 1 where contents are not tracked.</summary>
    public int Attempt(ulong content) => tracksContents ? Interlocked.Increment(ref State(content).Attempts) : 1;

    /// <summary>Takes an attempt back that a limit refused: attempts are those that were worked on, so that faults do not depend on time.</summary>
    public void Withdraw(ulong content)
    {
        if (tracksContents) Interlocked.Decrement(ref State(content).Attempts);
    }

    public void Fault(ScriptedFault fault) => Interlocked.Increment(ref _faults[(int)fault]);

    public void Charge(in TokenUsage usage)
    {
        Interlocked.Increment(ref _charged);
        Interlocked.Add(ref _input, usage.Input);
        Interlocked.Add(ref _cached, usage.CachedInput);
        Interlocked.Add(ref _output, usage.Output);
        Interlocked.Add(ref _reasoning, usage.Reasoning);
    }

    /// <summary>Notes a reply that was handed over whole.</summary>
    public void Delivered(ulong content, in TokenUsage usage)
    {
        if (tracksContents && Interlocked.Increment(ref State(content).Deliveries) > 1) Interlocked.Increment(ref _repeated);
        var now = time.GetTimestamp();
        lock (_lock)
        {
            _delivered++;
            _deliveredUsage += usage;
            _lastTimestamp = now;
            _lastAt = time.GetUtcNow();
        }
    }

    /// <summary>Notes texts that came to be embedded.</summary>
    public void Embedding(int texts)
    {
        Interlocked.Increment(ref _embeddingCalls);
        Interlocked.Add(ref _embeddedTexts, texts);
    }

    public void BatchMade() => Interlocked.Increment(ref _batches);

    public void BatchLine() => Interlocked.Increment(ref _batchLines);

    public void ChargeBatch(in TokenUsage usage)
    {
        lock (_lock) _batchUsage += usage;
    }

    /// <summary>Notes that a content was answered by a batch.</summary>
    public void BatchDelivered(ulong content)
    {
        if (tracksContents && Interlocked.Increment(ref State(content).Deliveries) > 1) Interlocked.Increment(ref _repeated);
    }

    /// <summary>Completes when so many requests have arrived.</summary>
    public Task ReachedAsync(long requests)
    {
        lock (_lock)
        {
            if (_requests >= requests) return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((requests, reached));
            return reached.Task;
        }
    }

    public ScriptedEndpointStatistics Read()
    {
        lock (_lock)
        {
            var usage = new TokenUsage(Interlocked.Read(ref _input), Interlocked.Read(ref _cached), Interlocked.Read(ref _output), Interlocked.Read(ref _reasoning));
            var faults = new Dictionary<ScriptedFault, long>();
            for (var i = 1; i < _faults.Length; i++)
            {
                if (Interlocked.Read(ref _faults[i]) is > 0 and var count) faults[(ScriptedFault)i] = count;
            }

            return new ScriptedEndpointStatistics
            {
                Requests = _requests,
                Delivered = _delivered,
                Accepted = arrivals.Accepted,
                Limited = arrivals.Refused,
                TurnedAway = Interlocked.Read(ref _turned),
                Faults = faults,
                Usage = usage,
                Charged = Interlocked.Read(ref _charged),
                CostUsd = (prices?.Cost(usage) ?? 0) + ((prices?.Cost(_batchUsage) ?? 0) * batchFactor),
                DeliveredCostUsd = prices?.Cost(_deliveredUsage) ?? 0,
                EmbeddingCalls = Interlocked.Read(ref _embeddingCalls),
                EmbeddedTexts = Interlocked.Read(ref _embeddedTexts),
                Batches = Interlocked.Read(ref _batches),
                BatchLines = Interlocked.Read(ref _batchLines),
                BatchUsage = _batchUsage,
                MaxConcurrent = _maxConcurrent,
                Contents = _contents.Count,
                RepeatedDeliveries = Interlocked.Read(ref _repeated),
                FirstRequestAt = _firstAt,
                LastReplyAt = _lastAt,
                Elapsed = _firstAt is null || _lastAt is null ? TimeSpan.Zero : time.GetElapsedTime(_firstTimestamp, _lastTimestamp),
                RequestsBySecond = [.. _bySecond],
            };
        }
    }

    private ContentState State(ulong content) => _contents.GetOrAdd(content, static _ => new ContentState());

    private void Release()
    {
        for (var i = _waiting.Count - 1; i >= 0; i--)
        {
            if (_waiting[i].Requests > _requests) continue;
            _waiting[i].Reached.SetResult();
            _waiting.RemoveAt(i);
        }
    }

    private sealed class ContentState
    {
        public int Attempts;
        public int Deliveries;
    }
}
