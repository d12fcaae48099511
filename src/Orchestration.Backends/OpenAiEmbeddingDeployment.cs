using Orchestration.Backends.Embeddings;
using Orchestration.Backends.Exchanges;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Backends;

/// <summary>Embeddings in OpenAI's form over plain HTTP, on a deployment's exchange: its quota, its circuit, its attempts. Safe for concurrent use.</summary>
public sealed class OpenAiEmbeddingDeployment : IEmbeddingDeployment, IDisposable
{
    private const string Path = "/embeddings";
    private readonly DeploymentConfig _config;
    private readonly ModelExchange _exchange;
    private readonly bool _isOwner;

    /// <summary>Creates it; nothing is sent and no key is read before the first call.</summary>
    /// <inheritdoc cref="OpenAiChatDeployment(DeploymentConfig, DeploymentServices)" path="/param"/>
    public OpenAiEmbeddingDeployment(DeploymentConfig config, DeploymentServices services)
        : this(config, new ModelExchange(config, services)) => _isOwner = true;

    /// <summary>Creates it on an exchange that others share, which outlives it.</summary>
    /// <param name="config">The deployment as configured.</param>
    /// <param name="exchange">Its exchange.</param>
    public OpenAiEmbeddingDeployment(DeploymentConfig config, ModelExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(exchange);
        (_config, _exchange) = (config, exchange);
    }

    /// <inheritdoc/>
    public string Name => _config.Name;

    /// <inheritdoc/>
    public ModelIdentity Model => _config.Model;

    /// <inheritdoc/>
    public TokenPrices? Prices => _config.Prices;

    /// <inheritdoc/>
    public int Concurrency => _exchange.Concurrency;

    /// <inheritdoc/>
    public int MaxAttempts => _exchange.MaxAttempts;

    /// <inheritdoc/>
    public async ValueTask<EmbeddingReply> EmbedAsync(IReadOnlyList<string> texts, CallOrigin origin, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var count = texts.Count;
        bool Read(ReadOnlySpan<byte> body, out ReadEmbeddings? read, out string problem) => EmbeddingMessages.TryRead(body, count, out read, out problem);
        var end = await _exchange.SendAsync<ReadEmbeddings>(Request(texts, origin), Read, cancellationToken).ConfigureAwait(false);
        if (end.Reply is { } read) return Reply(read, read.Usage, end.Failures, end.Unknown);
        return new EmbeddingReply
        {
            Failure = end.Failure,
            FailureDetail = end.Detail,
            Totals = new CallTotals(0, end.Failures, default, 0) { Repaid = Math.Max(0, end.Unknown - 1) },
            UnknownAttempts = end.Unknown,
        };
    }

    /// <summary>As <see cref="EmbedAsync"/> for whoever has a deadline: every failure is a value, no wait is longer than stated, and cancelling breaks off what was sent.</summary>
    /// <param name="texts">At least one, none of them empty.</param>
    /// <param name="origin">On whose behalf.</param>
    /// <param name="attempts">Attempts at most, and never more than the deployment's.</param>
    /// <param name="longestWait">Longest wait for a turn or before another attempt.</param>
    /// <param name="cancellationToken">The deadline.</param>
    public async ValueTask<EmbeddingReply> TryEmbedAsync(IReadOnlyList<string> texts, CallOrigin origin, int attempts, TimeSpan longestWait, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var request = Request(texts, origin) with { Attempts = attempts, LongestWait = longestWait, IsAbortable = true };
        var outcome = await _exchange.TrySendAsync(request, isStream: false, cancellationToken).ConfigureAwait(false);
        using var reply = outcome.Reply;
        var unknown = outcome.UnknownAttempts;
        if (reply is null)
            return Failed(outcome.Failure == ExchangeFailure.TimedOut ? UnscoredReason.Timeout : UnscoredReason.Unavailable, outcome.Detail, unknown);
        if (reply.Status != 200) return Failed(UnscoredReason.Unavailable, Said(reply), unknown);
        if (EmbeddingMessages.TryRead(reply.Body.Span, texts.Count, out var read, out var problem)) return Reply(read!, reply.Usage, reply.Attempts - 1, unknown);

        // It says what it took although nobody can use it.
        var failed = Failed(UnscoredReason.Unreadable, problem, unknown + (reply.Usage is null ? 1 : 0));
        return reply.Usage is { } used ? failed with { Totals = new CallTotals(0, reply.Attempts, used, _config.Prices?.Cost(used) ?? 0) } : failed;
    }

    /// <summary>Closes the connections that are its own.</summary>
    public void Dispose()
    {
        if (_isOwner) _exchange.Dispose();
    }

    private static ExchangeRequest Request(IReadOnlyList<string> texts, CallOrigin origin) => new()
    {
        Path = Path,
        WriteBody = (body, model) => EmbeddingMessages.Write(body, model, texts),
        Origin = origin,
    };

    private EmbeddingReply Reply(ReadEmbeddings read, TokenUsage? usage, int failures, int unknown)
    {
        var used = usage ?? default;
        return new EmbeddingReply
        {
            Vectors = read.Vectors,
            ServedModel = read.Model,
            Totals = new CallTotals(1, failures, used, _config.Prices?.Cost(used) ?? 0) { Repaid = unknown },
            UnknownAttempts = unknown + (usage is null ? 1 : 0),
        };
    }

    private static EmbeddingReply Failed(string failure, string detail, int unknown) => new() { Failure = failure, FailureDetail = detail, UnknownAttempts = unknown };

    private static string Said(ExchangeReply reply)
    {
        var message = reply.ReadProblem().Message;
        return message.Length == 0 ? $"it answered {reply.Status}" : $"it answered {reply.Status}: {message}";
    }
}
