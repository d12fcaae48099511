using Orchestration.Core;
using Orchestration.Core.Routing;
using Orchestration.Silo.Tests;
using Orchestration.Storage;
using Xunit;

namespace Orchestration.Dashboard.Tests.Routing;

/// <summary>
/// Routes and judged answers as a router leaves them, written into a world's store: three experts of which the dear one is better, a policy that sends it the hard prompts, judges that agree, one that does not, people
/// who rate and one who means harm.
/// </summary>
internal static class RoutedTraffic
{
    public const int Routes = 400;

    /// <summary>What an attacker would write wherever a text may stand.</summary>
    public const string Attack = "<img src=x onerror=alert(1)><script>alert(2)</script>";

    public const string Yaml =
        """
        deployments:
          cheap: {endpoint: "http://127.0.0.1:9/v1", model: small-model, prices: {input: 0.1, cached: 0.1, output: 0.4, reasoning: 0.4}}
          strong: {endpoint: "http://127.0.0.1:9/v1", model: large-model, prices: {input: 1, cached: 1, output: 4, reasoning: 4}}
        judge-sets:
          quick: [readability, structure, repetition]
        experts:
          small: {deployment: cheap}
          medium: {deployment: cheap}
          large: {deployment: strong}
        router:
          default: large
          judging: {judges: quick, share: 1}
          policies:
            auto: {rule: always, experts: [small]}

        """;

    private static readonly string[] Experts = ["large", "medium", "small"];
    private static readonly double[] Worth = [0.25, 0.15, 0];
    private static readonly double[] Usd = [0.004, 0.0011, 0.0004];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static string Id(int n) => RouteId.Format(new Hash128(0x1234_5678_0000_0000UL + (ulong)n, 0x9876UL * (ulong)(n + 1)));

    /// <summary>Writes the traffic.</summary>
    /// <param name="world">The store's.</param>
    /// <param name="text">Stands in the rule, in a judge's name, in reasons and in comments.</param>
    public static async Task WriteAsync(SiloWorld world, string text = "best predicted quality less cost")
    {
        await using var store = await StoreLocation.OpenAsync(world.Options.Store, TimeProvider.System, world.Folder, static _ => { }, Stop);
        var now = TimeProvider.System.GetUtcNow();
        var draw = new Random(5);
        var (routes, rewards) = (new List<RouteRecord>(), new List<RouteReward>());
        var strange = text == Attack ? Attack : "structure";
        for (var n = 0; n < Routes; n++)
        {
            var hardness = draw.NextDouble();
            double[] chances = hardness > 0.5 ? [0.6, 0.25, 0.15] : [0.15, 0.25, 0.6];
            var pick = draw.NextDouble();
            var chosen = pick < chances[0] ? 0 : pick < chances[0] + chances[1] ? 1 : 2;
            ExpertEstimate[] estimates = [.. Experts.Select((e, i) => new ExpertEstimate(e, Quality(i) + 0.02, Quality(i) - 0.1, Quality(i) + 0.14, Usd[i] * (0.8 + (0.4 * hardness)), chances[i]))];
            var score = Math.Clamp(Quality(chosen) + (0.08 * (draw.NextDouble() - 0.5)), 0, 1);
            var isFailed = n % 90 == 89;
            var decision = new RouteDecision
            {
                Id = Id(n),
                At = now - TimeSpan.FromSeconds(3 * (Routes - n)),
                Key = "k1",
                Policy = "auto",
                PolicyVersion = new string('a', 64),
                FeaturesVersion = new string('b', 64),
                Choice = new RoutingChoice { Experts = [Experts[chosen], Experts[(chosen + 1) % 3]], Estimates = estimates, Reason = text, IsAbstention = n % 40 == 7 },
                Excluded = n % 25 == 3 ? [new ExcludedExpert("huge", $"context of 8,192 tokens; {text}")] : [],
                Probability = chances[chosen],
                IsExploration = n % 50 == 11,
                IsSampled = !isFailed,
            };
            routes.Add(new RouteRecord
            {
                Decision = decision,
                Outcome = new RouteOutcome
                {
                    Decision = decision,
                    Steps = [new RouteStep(Experts[chosen], "first", isFailed ? 503 : 200, isFailed ? 0 : (decimal)Usd[chosen], isFailed ? 0.0001m : 0, TimeSpan.FromMilliseconds(300 + (700 * hardness)), double.NaN, isFailed ? text : null)],
                    AnsweredBy = isFailed ? null : Experts[chosen],
                    Status = isFailed ? 503 : 200,
                    CostUsd = isFailed ? 0 : (decimal)Usd[chosen],
                    InputTokens = 120,
                    OutputTokens = 240,
                    Latency = TimeSpan.FromMilliseconds(320 + (700 * hardness)),
                },
            });
            if (isFailed) continue;
            Dictionary<string, double> scores = new(StringComparer.Ordinal) { ["readability"] = Near(score, 0.05), ["repetition"] = Near(score, 0.1) };
            Dictionary<string, string> unscored = new(StringComparer.Ordinal);
            if (n % 6 == 0) unscored[strange] = "unreadable";
            else if (n % 31 == 0) unscored[strange] = "timeout";
            else scores[strange] = Near(1 - score, 0.3);
            rewards.Add(new RouteReward
            {
                RouteId = decision.Id,
                DecidedAt = decision.At,
                JudgedAt = decision.At + TimeSpan.FromSeconds(2),
                Expert = Experts[chosen],
                Chosen = Experts[chosen],
                Policy = decision.Policy,
                PolicyVersion = decision.PolicyVersion,
                FeaturesVersion = decision.FeaturesVersion,
                Estimates = estimates,
                Probability = decision.Probability,
                Score = score,
                Interval = (score - 0.1, score + 0.1),
                AggregatorVersion = "mean",
                Scores = scores,
                Unscored = unscored,
                CostUsd = (decimal)Usd[chosen],
            });

            double Quality(int expert) => 0.8 - (0.4 * hardness) + (Worth[expert] * hardness);
        }

        for (var batch = 0; batch < 8; batch++)
        {
            var some = routes.Skip(batch * Routes / 8).Take(Routes / 8).ToArray();
            await store.Routing.AppendAsync(new RouteBatch(batch + 1, some, Accepted: (batch + 1) * some.Length, Dropped: 0, IsLast: batch == 7), Stop);
        }

        await store.Routing.RewardAsync(rewards, Stop);
        for (var n = 0; n < 30; n++)
        {
            // Honest people rate near what judges say; one says the opposite.
            var score = rewards[n].Score!.Value;
            await store.Routing.RateAsync(new StoredRating(new RouteFeedback(rewards[n].RouteId, score > 0.6 ? 1 : 0.5, n % 2 == 0 ? "k_ada" : "k_bo", n == 0 ? text : null), rewards[n].Expert, now, null), Stop);
            await store.Routing.RateAsync(new StoredRating(new RouteFeedback(rewards[n].RouteId, score > 0.6 ? 0 : 1, "k_mallory"), rewards[n].Expert, now, null), Stop);
        }

        var list = await store.Routing.QuarantinesAsync(Stop);
        await store.Routing.TryChangeAsync(list.Epoch, new QuarantineChange(QuarantineKind.Expert, "medium", true, text == Attack ? Attack : "quality fell by 0.2", "drift"), Stop);

        double Near(double score, double by) => Math.Clamp(score + (by * (draw.NextDouble() - 0.5)), 0, 1);
    }
}
