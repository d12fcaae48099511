using System.Collections.Concurrent;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Testing.Judging;

/// <summary>A chat deployment in memory: answers by a script, counts calls, keeps what it was sent, and can hold calls until told.</summary>
public sealed class ScriptedChat : IChatDeployment
{
    private readonly Func<ChatRequest, int, ChatReply> _script;
    private readonly ConcurrentQueue<ChatRequest> _requests = new();
    private int _calls;
    private int _inFlight;
    private int _mostInFlight;

    /// <summary>Answers each call by the script, which is given the request and the number of calls before it.</summary>
    public ScriptedChat(Func<ChatRequest, int, ChatReply> script) => _script = script;

    /// <summary>Answers with these texts in turn, the last one for ever.</summary>
    public ScriptedChat(params string[] texts) : this((_, call) => Says(texts[Math.Min(call, texts.Length - 1)]))
    {
    }

    public string Name { get; init; } = "gpt-mini";

    public ModelIdentity Model { get; init; } = new("openai", "gpt-mini", "2026-01-01");

    public TokenPrices? Prices { get; init; }

    public int Concurrency { get; init; } = 8;

    public int MaxAttempts { get; init; } = 1;

    /// <summary>Where set, each call announces itself here and waits to be released.</summary>
    public CallBarrier? Barrier { get; init; }

    public int Calls => Volatile.Read(ref _calls);

    public int MostInFlight => Volatile.Read(ref _mostInFlight);

    public IReadOnlyList<ChatRequest> Requests => [.. _requests];

    /// <summary>A finished reply of 10 tokens for 100, at half a cent.</summary>
    public static ChatReply Says(string text) => new()
    {
        Text = text,
        Totals = new CallTotals(1, 0, new TokenUsage(100, 0, 10, 0), 0.005m),
        ServedModel = "gpt-mini-2026-01-01",
    };

    /// <summary>A call that brought no reply.</summary>
    public static ChatReply Fails(string reason, int failures = 1) => new()
    {
        Failure = reason,
        Totals = new CallTotals(0, failures, default, 0),
        UnknownAttempts = failures,
    };

    public async ValueTask<ChatReply> CompleteAsync(ChatRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var call = Interlocked.Increment(ref _calls) - 1;
        _requests.Enqueue(request);
        var now = Interlocked.Increment(ref _inFlight);
        InterlockedMax(ref _mostInFlight, now);
        try
        {
            // What was sent is awaited, whatever the token says.
            if (Barrier is { } barrier) await barrier.PassAsync();
            return _script(request, call);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); seen < value;)
        {
            var found = Interlocked.CompareExchange(ref target, value, seen);
            if (found == seen) return;
            seen = found;
        }
    }
}

/// <summary>Holds calls until a test lets them go; tells when a number of them have arrived.</summary>
public sealed class CallBarrier
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(int Count, TaskCompletionSource Reached)> _waits = [];
    private int _arrived;

    /// <summary>Completes when that many calls have arrived since the beginning.</summary>
    public Task Arrived(int count)
    {
        lock (_lock)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_arrived >= count) reached.SetResult();
            else _waits.Add((count, reached));
            return reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    /// <summary>Lets all calls go, those that come later too.</summary>
    public void Open() => _open.TrySetResult();

    internal async Task PassAsync()
    {
        lock (_lock)
        {
            _arrived++;
            foreach (var (count, reached) in _waits)
            {
                if (_arrived >= count) reached.TrySetResult();
            }
        }

        await _open.Task;
    }
}
