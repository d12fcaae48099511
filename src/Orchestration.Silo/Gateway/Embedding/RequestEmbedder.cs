using System.Globalization;
using System.Text;
using Orchestration.Backends;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Features;
using Orchestration.Core.Spending;
using Orchestration.Silo.Gateway.Money;

namespace Orchestration.Silo.Gateway.Embedding;

/// <summary>The embedding of one request's prompt: drawn from the budgets of whoever asks before it is sent, settled whatever comes of it, and one of the route's calls.</summary>
internal sealed class RequestEmbedder(OpenAiEmbeddingDeployment deployment, DeploymentConfig config, Budgets budgets, IReadOnlyList<BudgetPayer> payers, string key, TimeSpan wait, TimeProvider time) : IPromptEmbedder
{
    /// <summary>The role of its call in a route.</summary>
    public const string Role = "embedding";

    private const int Attempts = 2;
    private const int FramingBytes = 16;

    /// <summary>The call, as the books have it; null where none was made.</summary>
    public RouteStep? Step { get; private set; }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        if (config.Prices is null && payers.Any(static p => p.UsdPerDay is not null))
            throw new OrchestrationException(ErrorCodes.Deployment, $"a budget is set, and deployment '{config.Name}' states no prices");
        var startedAt = time.GetTimestamp();
        var attempts = Math.Min(Attempts, deployment.MaxAttempts);
        var bound = config.Prices?.UpperBound(texts.Sum(static t => (long)Encoding.UTF8.GetByteCount(t) + FramingBytes), 0) ?? 0;
        BudgetDraws? draws;
        try
        {
            draws = bound > 0 ? await budgets.DrawAsync(payers, new SpendPurpose("", config.Name), bound * attempts, cancellationToken) : null;
        }
        catch (BudgetReachedException e)
        {
            throw new OrchestrationException(ErrorCodes.SpendCap, e.Message, e);
        }

        var (settled, unknown) = (0m, bound * attempts);
        string? problem = "it was not waited for";
        try
        {
            var reply = await deployment.TryEmbedAsync(texts, new CallOrigin(key, ""), attempts, wait, cancellationToken);
            (settled, unknown) = (reply.Totals.CostUsd, bound * Math.Min(attempts, reply.UnknownAttempts));
            problem = reply.Failure is null ? null : string.IsNullOrEmpty(reply.FailureDetail) ? reply.Failure : reply.FailureDetail;
            if (cancellationToken.IsCancellationRequested) problem = string.Create(CultureInfo.InvariantCulture, $"none within {wait.TotalMilliseconds:0} ms");
            if (problem is null) return reply.Vectors;
            cancellationToken.ThrowIfCancellationRequested();
            throw new OrchestrationException(ErrorCodes.Deployment, problem);
        }
        finally
        {
            draws?.Settle(settled, unknown);
            Step = new RouteStep(config.Name, Role, problem is null ? 200 : 0, settled, unknown, time.GetElapsedTime(startedAt), double.NaN, problem);
        }
    }
}
