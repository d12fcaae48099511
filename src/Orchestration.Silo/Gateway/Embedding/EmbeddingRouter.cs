using Orchestration.Backends;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Routing;
using Orchestration.Core.Stores;
using Orchestration.Silo.Gateway.Money;

namespace Orchestration.Silo.Gateway.Embedding;

/// <summary>
/// A router that fetches the embedding which a policy looks at before that policy decides, for hosts where decisions are asked for by message. It is fetched, waited for and paid as the gateway does it: from
/// the budgets of the key that asks and of the router, and where none comes in time the policy abstains and says why. The call travels with the decision and stands among the route's calls once that is completed.
/// </summary>
public sealed class EmbeddingRouter : IRouter, IAsyncDisposable
{
    private static readonly TimeSpan Tended = TimeSpan.FromSeconds(2);

    private readonly IRouter _router;
    private readonly Budgets _budgets;
    private readonly PromptEmbedders _embedders;
    private readonly KeyCaps _keys;
    private readonly BudgetPayer _payer;
    private readonly TimeProvider _time;

    /// <summary>Finds the policies that look at embeddings.</summary>
    /// <param name="router">Decides.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="policies">The router's policies.</param>
    /// <param name="chats">Its deployments by name, whose exchanges are used.</param>
    /// <param name="store">Has the keys and who spent what.</param>
    /// <param name="time">Measures the wait.</param>
    /// <exception cref="OrchestrationException">A policy's model was trained on embeddings of a deployment that is not configured, makes none, or has another model (<see cref="ErrorCodes.Configuration"/>).</exception>
    public EmbeddingRouter(IRouter router, OrchestrationConfig config, IReadOnlyDictionary<string, IRoutingPolicy> policies, Func<string, OpenAiChatDeployment> chats, IStore store, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(store);
        (_router, _time) = (router, time);
        _budgets = new Budgets(store.Spending, time);
        _embedders = new PromptEmbedders(config, policies, chats, _budgets, time);
        _keys = new KeyCaps(store.Access, time);
        _payer = new BudgetPayer(Gateway.RouterPayer, config.Router?.UsdPerDay);
    }

    /// <summary>Asks each endpoint for one embedding, so that one of another length is told before a decision meets it. One that does not answer is told and not waited for.</summary>
    /// <param name="note">Told what could not be tried.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OrchestrationException">An endpoint gives vectors of another length than was trained on (<see cref="ErrorCodes.Configuration"/>).</exception>
    public Task TryAsync(Action<string> note, CancellationToken cancellationToken) => _embedders.TryAsync(_payer, PromptEmbedders.Trial, note, cancellationToken);

    /// <summary>Tells the ledger every few seconds what was spent, until cancelled; then the rest.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Tended, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken)) _budgets.Tend();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await _budgets.FlushAsync();
        }
    }

    /// <inheritdoc/>
    public ValueTask<RouteDecision> DecideAsync(RouteRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);

        // Whoever has an embedding already sends it along.
        return _embedders.LooksAt(request.Model) && request.Prompt.Embedding.IsEmpty ? EmbedAsync(request, cancellationToken) : _router.DecideAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    public void Observe(string expert, in ExpertCall call) => _router.Observe(expert, call);

    /// <inheritdoc/>
    public ValueTask CompleteAsync(RouteOutcome outcome, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return _router.CompleteAsync(
            outcome.Decision.Embedding is { } step ? outcome with { Decision = outcome.Decision with { Embedding = null }, Steps = [step, .. outcome.Steps], CostUsd = outcome.CostUsd + step.CostUsd } : outcome,
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<FeedbackReceipt> FeedbackAsync(RouteFeedback feedback, CancellationToken cancellationToken) => _router.FeedbackAsync(feedback, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<RouteRecord?> FindAsync(string routeId, CancellationToken cancellationToken) => _router.FindAsync(routeId, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> DeleteAsync(string routeId, CancellationToken cancellationToken) => _router.DeleteAsync(routeId, cancellationToken);

    /// <summary>Tells the ledger what was spent.</summary>
    public ValueTask DisposeAsync() => _budgets.DisposeAsync();

    private async ValueTask<RouteDecision> EmbedAsync(RouteRequest request, CancellationToken cancellationToken)
    {
        IReadOnlyList<BudgetPayer> payers = request.Key.Length == 0 ? [_payer] : [BudgetPayer.OfKey(request.Key, await _keys.UsdPerDayAsync(request.Key, cancellationToken)), _payer];
        var embedder = _embedders.Of(request.Model, payers, request.Key)!;
        var prompt = await _embedders.AddAsync(request.Model, embedder, request.Prompt, cancellationToken);
        return await _router.DecideAsync(request with { Prompt = prompt }, cancellationToken) with { Embedding = embedder.Step };
    }
}
