using System.Collections.Frozen;
using System.Globalization;
using Orchestration.Backends;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Features;
using Orchestration.Silo.Gateway.Money;

namespace Orchestration.Silo.Gateway.Embedding;

/// <summary>Which of a configuration's policies look at embeddings, and who makes them. Immutable.</summary>
internal sealed class PromptEmbedders
{
    /// <summary>How long a start, or a change of the configuration, waits for an endpoint of embeddings.</summary>
    public static readonly TimeSpan Trial = TimeSpan.FromSeconds(5);

    private readonly FrozenDictionary<string, Source> _byModel;
    private readonly TimeSpan _wait;
    private readonly Budgets _budgets;
    private readonly TimeProvider _time;

    /// <summary>Finds them.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="policies">Its policies.</param>
    /// <param name="chats">Its deployments by name, whose exchanges are used.</param>
    /// <param name="budgets">Who pays for routed traffic.</param>
    /// <param name="time">Measures the wait.</param>
    /// <exception cref="OrchestrationException">A policy's model was trained on embeddings of a deployment that is not configured, makes none, or has another model (<see cref="ErrorCodes.Configuration"/>).</exception>
    public PromptEmbedders(OrchestrationConfig config, IReadOnlyDictionary<string, IRoutingPolicy> policies, Func<string, OpenAiChatDeployment> chats, Budgets budgets, TimeProvider time)
    {
        (_wait, _budgets, _time) = (config.Router?.EmbeddingWait ?? PromptEmbedding.DefaultWait, budgets, time);
        var sources = new Dictionary<string, Source>(StringComparer.Ordinal);
        foreach (var (name, policy) in policies.OrderBy(static p => p.Key, StringComparer.Ordinal))
        {
            if (policy is not IEmbeddedPolicy { Embedding: { } need }) continue;
            var who = $"{config.File ?? OrchestrationConfig.DefaultFileName}: the routing model of router.policies.{name}";
            if (!config.Deployments.TryGetValue(need.Deployment, out var deployment))
                throw new OrchestrationException(ErrorCodes.Configuration, $"{who} was trained on embeddings by deployment '{need.Deployment}', which is not configured. Add it under 'deployments:', or train the model again without --embeddings.");
            if (!deployment.IsChat)
                throw new OrchestrationException(ErrorCodes.Configuration, $"{who} was trained on embeddings by deployment '{need.Deployment}', which is of kind reward and makes none. Configure it as kind openai.");
            need.Check(who, deployment.Model);
            if (config.Router?.UsdPerDay is not null && deployment.Prices is null)
                throw new OrchestrationException(ErrorCodes.Configuration, $"{who} asks deployment '{need.Deployment}' for embeddings, router.usd-per-day is set, and the deployment states no prices, so that the budget could not be kept. Write its 'prices:', or take the budget out.");
            sources[name == RouterConfig.DefaultPolicy ? name : $"{RouterConfig.DefaultPolicy}:{name}"] = new Source(policy, need, deployment, new OpenAiEmbeddingDeployment(deployment, chats(need.Deployment).Exchange), who);
        }

        _byModel = sources.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>True where what a request names looks at an embedding.</summary>
    public bool LooksAt(string model) => _byModel.Count != 0 && _byModel.ContainsKey(model);

    /// <summary>The embedder of one request; null where what it asks for looks at no embedding.</summary>
    /// <param name="model">What the request names.</param>
    /// <param name="payers">Who pays.</param>
    /// <param name="key">On whose behalf.</param>
    public RequestEmbedder? Of(string model, IReadOnlyList<BudgetPayer> payers, string key) =>
        _byModel.Count != 0 && _byModel.TryGetValue(model, out var source) ? new RequestEmbedder(source.Embedder, source.Deployment, _budgets, payers, key, _wait, _time) : null;

    /// <summary>A prompt with its embedding, or with why it has none.</summary>
    public ValueTask<RoutingPrompt> AddAsync(string model, RequestEmbedder embedder, RoutingPrompt prompt, CancellationToken cancellationToken) =>
        PromptEmbedding.AddAsync(_byModel[model].Policy, prompt, _ => embedder, _wait, _time, cancellationToken);

    /// <summary>Asks each endpoint for one embedding, so that one of another length is told before a request meets it. One that does not answer is told and not waited for: requests abstain until it does.</summary>
    /// <param name="payer">Who pays.</param>
    /// <param name="wait">How long at most.</param>
    /// <param name="note">Told what could not be tried.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OrchestrationException">An endpoint gives vectors of another length than was trained on (<see cref="ErrorCodes.Configuration"/>).</exception>
    public async Task TryAsync(BudgetPayer payer, TimeSpan wait, Action<string> note, CancellationToken cancellationToken)
    {
        foreach (var source in _byModel.Values.DistinctBy(static s => s.Need).OrderBy(static s => s.Need.Deployment, StringComparer.Ordinal))
        {
            using var deadline = new CancellationTokenSource(wait, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            string problem;
            try
            {
                var vectors = await new RequestEmbedder(source.Embedder, source.Deployment, _budgets, [payer], "", wait, _time).EmbedAsync(["dimension"], both.Token);
                source.Need.Check(source.Who, vectors[0].Length);
                continue;
            }
            catch (OrchestrationException e) when (e.Code != ErrorCodes.Configuration)
            {
                problem = e.Message;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                problem = string.Create(CultureInfo.InvariantCulture, $"no answer within {wait.TotalSeconds:0.#} s");
            }

            note($"embeddings by deployment '{source.Need.Deployment}' could not be tried: {problem}. Until they come, {source.Who} abstains to the default expert.");
        }
    }

    private sealed record Source(IRoutingPolicy Policy, EmbeddingNeed Need, DeploymentConfig Deployment, OpenAiEmbeddingDeployment Embedder, string Who);
}
