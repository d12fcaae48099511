using Orchestration.Backends.Exchanges;
using Orchestration.Backends.Reward;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Backends;

/// <summary>
/// A reward model behind HTTP: <c>{"model","prompt","answer"}</c> → <c>{"score": number}</c>, or the pooling form that vLLM serves. Safe for
/// concurrent use; dispose of it when no call is in flight.
/// </summary>
public sealed class HttpRewardDeployment : IRewardDeployment, IDisposable
{
    private readonly DeploymentConfig _config;
    private readonly ReplyReader<ReadReward> _read;
    private readonly ModelExchange _exchange;

    /// <summary>Creates it; nothing is sent and no key is read before the first call.</summary>
    /// <inheritdoc cref="OpenAiChatDeployment(DeploymentConfig, DeploymentServices)" path="/param"/>
    public HttpRewardDeployment(DeploymentConfig config, DeploymentServices services)
    {
        ArgumentNullException.ThrowIfNull(config);
        _config = config;
        _read = config.Form == RewardForm.Simple ? RewardMessages.TryReadSimple : RewardMessages.TryReadPooling;
        _exchange = new ModelExchange(config, services);
    }

    /// <inheritdoc/>
    public string Name => _config.Name;

    /// <inheritdoc/>
    public ModelIdentity Model => _config.Model;

    /// <inheritdoc/>
    public decimal? PricePerCall => _config.PricePerCall;

    /// <inheritdoc/>
    public int Concurrency => _exchange.Concurrency;

    /// <inheritdoc/>
    public int MaxAttempts => _exchange.MaxAttempts;

    /// <inheritdoc/>
    public async ValueTask<RewardReply> RewardAsync(string prompt, string answer, CallOrigin origin, CancellationToken cancellationToken)
    {
        var call = new ExchangeRequest
        {
            Path = "",
            WriteBody = (body, model) => RewardMessages.Write(body, _config.Form, model, prompt, answer),
            Origin = origin,
        };
        var exchange = await _exchange.SendAsync(call, _read, cancellationToken).ConfigureAwait(false);
        var totals = exchange.Reply is null
            ? new CallTotals(0, exchange.Failures, default, 0) { Repaid = Math.Max(0, exchange.Unknown - 1) }
            : new CallTotals(1, exchange.Failures, default, _config.PricePerCall ?? 0) { Repaid = exchange.Unknown };
        return new RewardReply(exchange.Reply?.Value, exchange.Failure, exchange.Detail, totals) { UnknownAttempts = exchange.Unknown };
    }

    /// <summary>Closes its connections.</summary>
    public void Dispose() => _exchange.Dispose();
}
