using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Routing;
using Orchestration.Testing;

namespace Orchestration.Core.Tests.Routing;

/// <summary>Routers for tests: experts a, b, c … with prices, ids from a seed, a clock that stands still.</summary>
internal static class Given
{
    public static RouterConfig Config(params string[] experts) => new()
    {
        Experts = [.. experts.Select(static name => new ExpertConfig { Name = name, Deployment = name })],
        DefaultExpert = experts[0],
        Explore = 0,
    };

    public static RouterSetup Setup(RouterConfig config, params IRoutingPolicy[] policies) => new()
    {
        Config = config,
        Policies = policies.ToDictionary(static p => p.Name, StringComparer.Ordinal),
        Terms = config.Experts.ToDictionary(static e => e.Name, static e => new ExpertTerms(new TokenPrices(1, 1, 2, 2), e.Skills.Contains("images")), StringComparer.Ordinal),
    };

    public static Router Router(RouterConfig config, params IRoutingPolicy[] policies) => Router(new ManualTime(), config, policies);

    public static Router Router(ManualTime time, RouterConfig config, params IRoutingPolicy[] policies) => new(Services(time), Setup(config, policies));

    public static RouterServices Services(TimeProvider time, int seed = 7) => new() { Time = time, Seed = 11, NewId = Ids(seed) };

    /// <summary>Ids from a seed, one after another.</summary>
    public static Func<Hash128> Ids(int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[16];
        return () =>
        {
            lock (random)
            {
                random.NextBytes(bytes);
                return Hash128.FromBytes(bytes);
            }
        };
    }

    public static RouteRequest Request(string model = "auto", string text = "What is a monad?", int promptTokens = 10, int outputTokens = 0) =>
        new() { Model = model, Prompt = new RoutingPrompt(text, promptTokens, outputTokens) };

    public static RouteDecision Decide(this Router router, RouteRequest? request = null) => router.DecideAsync(request ?? Request(), CancellationToken.None).AsTask().GetAwaiter().GetResult();

    public static ExpertCall Failed(TimeSpan? retryAfter = null) => new(ExpertCallKind.Failed, TimeSpan.FromSeconds(1), retryAfter);

    public static ExpertCall Answered => new(ExpertCallKind.Answered, TimeSpan.FromSeconds(1));

    /// <summary>Fails as often as it takes for the expert to be left alone.</summary>
    public static void BringDown(this Router router, ManualTime time, string expert)
    {
        for (var i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            router.Observe(expert, Failed());
        }
    }
}

/// <summary>Draws among the offers with stated weights, by the question's draw alone.</summary>
internal sealed class WeightedPolicy(string name, params double[] weights) : IRoutingPolicy
{
    public string Name => name;

    public string Version => new('0', 64);

    public string FeaturesVersion => "";

    public bool Abstains { get; init; }

    public PlanKind Kind { get; init; }

    public int Count { get; init; } = 1;

    public RoutingChoice Choose(RoutingQuestion question)
    {
        var offered = question.Offers.Select((offer, i) => (offer.Expert, Weight: weights[i % weights.Length], offer.CostUsd)).ToArray();
        var total = offered.Sum(static o => o.Weight);
        var (chosen, sum) = (offered.Length - 1, 0.0);
        for (var i = 0; i < offered.Length; i++)
        {
            sum += offered[i].Weight / total;
            if (question.Draw < sum)
            {
                chosen = i;
                break;
            }
        }

        return new RoutingChoice
        {
            Kind = Kind,
            Count = Count,
            Experts = [offered[chosen].Expert, .. offered.Where((_, i) => i != chosen).Select(static o => o.Expert)],
            Estimates = [.. offered.Select(o => new ExpertEstimate(o.Expert, double.NaN, double.NaN, double.NaN, o.CostUsd, o.Weight / total))],
            Reason = "weights",
            IsAbstention = Abstains,
        };
    }
}
