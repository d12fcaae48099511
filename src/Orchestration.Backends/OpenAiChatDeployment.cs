using Microsoft.Extensions.AI;
using Orchestration.Backends.Chat;
using Orchestration.Backends.Clients;
using Orchestration.Backends.Exchanges;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using FinishReason = Orchestration.Core.Judging.Deployments.FinishReason;

namespace Orchestration.Backends;

/// <summary>Chat completions in OpenAI's form over plain HTTP, from one endpoint or a pool. Safe for concurrent use; dispose of it when no call is in flight.</summary>
public sealed class OpenAiChatDeployment : IChatDeployment, IDisposable
{
    private static readonly ReplyReader<ReadCompletion> Read = ChatReplyReader.TryRead;

    private readonly DeploymentConfig _config;
    private readonly ChatRequestWriter _writer;
    private readonly ServedModels _served;

    /// <summary>Creates it; nothing is sent and no key is read before the first call.</summary>
    /// <param name="config">The deployment as configured.</param>
    /// <param name="services">What it shares with its surroundings.</param>
    public OpenAiChatDeployment(DeploymentConfig config, DeploymentServices services)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(services);
        _config = config;
        _writer = new ChatRequestWriter(config);
        _served = new ServedModels(config.Name, services.Board);
        Exchange = new ModelExchange(config, services);
    }

    /// <summary>The exchange that its calls ride on; whoever has calls of another form may use it too.</summary>
    public ModelExchange Exchange { get; }

    /// <inheritdoc/>
    public string Name => _config.Name;

    /// <inheritdoc/>
    public ModelIdentity Model => _config.Model;

    /// <inheritdoc/>
    public TokenPrices? Prices => _config.Prices;

    /// <inheritdoc/>
    public int Concurrency => Exchange.Concurrency;

    /// <inheritdoc/>
    public int MaxAttempts => Exchange.MaxAttempts;

    /// <inheritdoc/>
    public async ValueTask<ChatReply> CompleteAsync(ChatRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = new ExchangeRequest
        {
            WriteBody = (body, model) => _writer.Write(body, model, request),
            MaxOutputTokens = request.MaxOutputTokens,
            Origin = request.Origin,
            Images = Images(request),
        };
        return (await SendAsync(call, cancellationToken).ConfigureAwait(false)).Reply;
    }

    /// <summary>This deployment as a chat client; streams too. The deployment outlives it.</summary>
    /// <param name="origin">On whose behalf the client's calls are made.</param>
    public IChatClient AsChatClient(CallOrigin origin = default) => new DeploymentChatClient(this, _config, new CallOrigin(origin.Payer ?? "", origin.Judge ?? ""));

    /// <summary>Sends a completion, whoever wrote it, and reads its reply.</summary>
    internal async ValueTask<(ChatReply Reply, string? Id)> SendAsync(ExchangeRequest call, CancellationToken cancellationToken)
    {
        var exchange = await Exchange.SendAsync(call, Read, cancellationToken).ConfigureAwait(false);
        if (exchange.Reply is not { } completion)
        {
            return (new ChatReply
            {
                Finish = FinishReason.Other,
                Failure = exchange.Failure,
                FailureDetail = exchange.Detail,
                Totals = new CallTotals(0, exchange.Failures, default, 0) { Repaid = Math.Max(0, exchange.Unknown - 1) },
                UnknownAttempts = exchange.Unknown,
            }, null);
        }

        var usage = completion.Usage ?? default;
        _served.See(completion.Reply.ServedModel, completion.Reply.Fingerprint);
        return (completion.Reply with
        {
            Totals = new CallTotals(1, exchange.Failures, usage, _config.Prices?.Cost(usage) ?? 0) { Repaid = exchange.Unknown },
            UnknownAttempts = exchange.Unknown + (completion.Usage is null ? 1 : 0),
        }, completion.Id);
    }

    /// <summary>A handler by which a typed client's calls ride on this deployment: see <see cref="ExchangeHandler"/>. The deployment outlives it.</summary>
    /// <param name="origin">On whose behalf the client's calls are made.</param>
    public ExchangeHandler CreateHandler(CallOrigin origin = default) => new(Exchange, new ExchangeHandlerOptions
    {
        Origin = new CallOrigin(origin.Payer ?? "", origin.Judge ?? ""),
        UnstatedOutputTokens = _config.MaxOutputTokens ?? new ExchangeHandlerOptions().UnstatedOutputTokens,
    });

    private RequestImages Images(ChatRequest request)
    {
        if (!_config.Images) return default;
        var (_, images, bytes) = MarkdownImages.Measure(request.User, areSent: true);
        return new RequestImages(images, bytes);
    }

    /// <summary>Closes its connections.</summary>
    public void Dispose() => Exchange.Dispose();
}
