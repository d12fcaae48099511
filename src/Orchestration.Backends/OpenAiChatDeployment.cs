using Orchestration.Backends.Chat;
using Orchestration.Backends.Http;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Backends;

/// <summary>Chat completions in OpenAI's form over plain HTTP. Safe for concurrent use; dispose of it when no call is in flight.</summary>
public sealed class OpenAiChatDeployment : IChatDeployment, IDisposable
{
    private static readonly ReplyReader<ReadCompletion> Read = ChatReplyReader.TryRead;

    private readonly DeploymentConfig _config;
    private readonly ChatRequestWriter _writer;
    private readonly EndpointClient _client;

    /// <summary>Creates it; nothing is sent and no key is read before the first call.</summary>
    /// <param name="config">The deployment as configured.</param>
    /// <param name="time">Measures attempts and waits.</param>
    /// <param name="environment">Looks up the variable that holds the key.</param>
    public OpenAiChatDeployment(DeploymentConfig config, TimeProvider time, Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(config);
        _config = config;
        _writer = new ChatRequestWriter(config);
        _client = new EndpointClient(config, EndpointAddress.Append(config.Endpoint, "/chat/completions"), time, environment);
    }

    /// <inheritdoc/>
    public string Name => _config.Name;

    /// <inheritdoc/>
    public ModelIdentity Model => _config.Model;

    /// <inheritdoc/>
    public TokenPrices? Prices => _config.Prices;

    /// <inheritdoc/>
    public int Concurrency => _config.Concurrency;

    /// <inheritdoc/>
    public int MaxAttempts => _client.MaxAttempts;

    /// <inheritdoc/>
    public async ValueTask<ChatReply> CompleteAsync(ChatRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var body = new PooledBuffer();
        _writer.Write(body, request);
        var exchange = await _client.SendAsync(body, Read, cancellationToken).ConfigureAwait(false);
        if (exchange.Reply is not { } completion)
        {
            return new ChatReply
            {
                Finish = FinishReason.Other,
                Failure = exchange.Failure,
                FailureDetail = exchange.Detail,
                Totals = new CallTotals(0, exchange.Failures, default, 0),
                UnknownAttempts = exchange.Unknown,
            };
        }

        var usage = completion.Usage ?? default;
        return completion.Reply with
        {
            Totals = new CallTotals(1, exchange.Failures, usage, _config.Prices?.Cost(usage) ?? 0),
            UnknownAttempts = exchange.Unknown + (completion.Usage is null ? 1 : 0),
        };
    }

    /// <summary>Closes its connections.</summary>
    public void Dispose() => _client.Dispose();
}
