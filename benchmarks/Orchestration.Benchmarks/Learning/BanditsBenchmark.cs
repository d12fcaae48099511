using System.Globalization;
using Orchestration.Benchmarks.Whole;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Bandits;
using Orchestration.Core.Routing.Features;
using Orchestration.Core.Routing.Models;
using Orchestration.Learning.Drift;

namespace Orchestration.Benchmarks.Learning;

/// <summary>Bandits: how long a decision takes, what they earn on nine recorded models with and without a history, with delay and with a model that breaks; and how soon and how falsely drift is noticed.</summary>
internal static class BanditsBenchmark
{
    private const int Experts = 9;
    private const int Features = 64;

    public static Task RunAsync(string folder, Report report)
    {
        foreach (var rule in (RoutingRule[])[RoutingRule.LinUcb, RoutingRule.Thompson])
        {
            var micros = Decision(rule);
            report.Figure($"{rule}: processor time of one decision over {Experts} experts with {Features} features, median of 5 × 20,000", micros, "µs", "≤ 50", micros <= 50);
        }

        Alarms(report);
        Nine(report);
        return Task.CompletedTask;
    }

    private static double Decision(RoutingRule rule)
    {
        var features = new Drawn();
        var names = Enumerable.Range(0, Experts).Select(static k => $"expert-{k}").ToArray();
        var learner = new BanditLearner(new BanditSettings { Name = "auto", Rule = rule, Experts = names }, features);
        var random = new Random(1);
        learner.Take(Enumerable.Range(0, 5000).Select(i =>
        {
            var x = new float[Features];
            features.Fill(new RoutingPrompt(i.ToString(CultureInfo.InvariantCulture)), x);
            return new BanditReward
            {
                RouteId = i.ToString(CultureInfo.InvariantCulture),
                DecidedAt = DateTimeOffset.UnixEpoch,
                RatedAt = DateTimeOffset.UnixEpoch,
                Expert = names[i % Experts],
                FeaturesVersion = features.Version,
                Features = x,
                Quality = random.NextDouble(),
            };
        }));
        var policy = learner.Snapshot();
        var questions = Enumerable.Range(0, 100).Select(i => new RoutingQuestion
        {
            Prompt = new RoutingPrompt(i.ToString(CultureInfo.InvariantCulture)),
            Offers = [.. names.Select(static n => new ExpertOffer(n, 0.001))],
            Draw = i / 100.0,
        }).ToArray();
        var times = new List<double>();
        for (var round = 0; round < 6; round++)
        {
            var startedAt = Environment.CpuUsage.TotalTime;
            for (var i = 0; i < 20_000; i++) policy.Choose(questions[i % questions.Length]);
            if (round > 0) times.Add((Environment.CpuUsage.TotalTime - startedAt).TotalMicroseconds / 20_000);
        }

        times.Sort();
        return times[2];
    }

    private static void Alarms(Report report)
    {
        const int Streams = 100;
        const int Length = 100_000;
        var (alarms, seen) = (0, 0L);
        for (var stream = 0; stream < Streams; stream++)
        {
            var random = new Random(stream);
            var detector = new MeanShift(new DriftOptions());
            for (var i = 0; i < Length && detector.Noticed is null; i++, seen++)
            {
                if (detector.Add(random.NextDouble() < 0.5 ? 1 : 0)) alarms++;
            }
        }

        var rate = alarms * 100_000.0 / seen;
        report.Figure($"drift: false alarms in 100,000 observations of a rate of 0.5, {Streams} streams of {Length:N0}", rate, "", "≤ 1", rate <= 1);
        foreach (var shift in (double[])[-0.3, -0.2, -0.15])
        {
            var delays = new List<double>();
            for (var stream = 0; stream < Streams; stream++)
            {
                var random = new Random(1000 + stream);
                var detector = new MeanShift(new DriftOptions());
                for (var i = 0; i < 20_000 && detector.Noticed is null; i++) detector.Add(random.NextDouble() < 0.5 + (i < 2000 ? 0 : shift) ? 1 : 0);
                delays.Add(detector.Noticed is { } noticed ? noticed.NoticedAt - 2000 : 18_000);
            }

            delays.Sort();
            report.Figure(string.Create(CultureInfo.InvariantCulture, $"drift: observations until a rate of 0.5 that shifts by {shift} is noticed, median"), delays[Streams / 2], "");
        }
    }

    private static void Nine(Report report)
    {
        var file = Path.Combine(Report.Root(), "..", "shared", "data", "routing", "nine-models-train.jsonl");
        if (!File.Exists(file)) return;
        var (matrix, _) = RoutingMatrixReader.Read(new RowInput { Files = [file] }, null, CancellationToken.None);
        var order = Enumerable.Range(0, matrix.Rows).ToArray();
        new Random(1).Shuffle(order);
        var (known, played) = (Rows(matrix.Select(order[..(matrix.Rows / 2)])), Rows(matrix.Select(order[(matrix.Rows / 2)..])));
        foreach (var rule in (RoutingRule[])[RoutingRule.LinUcb, RoutingRule.Thompson])
        {
            Tell(report, rule, "all rows, nothing known", Rows(matrix), new ReplayOptions { Runs = 10 });
            Tell(report, rule, "half of the rows, the other half known", played, new ReplayOptions { Runs = 10, History = known });
            Tell(report, rule, "the same, rewards 1,000 decisions late", played, new ReplayOptions { Runs = 10, History = known, Delay = 1000 });
            var best = Enumerable.Range(0, Experts).MaxBy(k => Enumerable.Range(0, played.Prompts.Count).Sum(i => played.Quality[i * Experts + k]));
            Tell(report, rule, "the same, the best model at half its quality from row 500 on", played, new ReplayOptions { Runs = 10, History = known, Drift = [new ReplayedDrift(played.Experts[best], 500, 0.5)] });
        }
    }

    private static void Tell(Report report, RoutingRule rule, string what, ReplayRows rows, ReplayOptions options)
    {
        var result = BanditReplay.Run(new BanditSettings { Name = "auto", Rule = rule, Experts = rows.Experts }, new UntrainedFeatures(), rows, options, CancellationToken.None);
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"nine models, {rule}, {what}: quality ± between 10 orders {result.Bandit.Deviation:0.0000}; best single in hindsight {result.BestSingle.Mean:0.0000}, random {result.Random.Mean:0.0000}, oracle {result.Oracle.Mean:0.0000}; regret {result.Regret.Mean:0}");
        report.Figure(text, result.Bandit.Mean, "", "> best single", result.Bandit.Mean > result.BestSingle.Mean);
    }

    private static ReplayRows Rows(RoutingMatrix matrix) => new(matrix.Experts, matrix.Prompts, matrix.Quality, matrix.Cost);

    /// <summary>Numbers drawn from the prompt's own: nothing of a decision's time is theirs to speak of.</summary>
    private sealed class Drawn : IPromptFeatures
    {
        public string Version => "drawn";

        public int Dimension => Features;

        public void Fill(RoutingPrompt prompt, Span<float> features)
        {
            var state = uint.Parse(prompt.Text, CultureInfo.InvariantCulture) * 2654435761;
            foreach (ref var feature in features)
            {
                state = state * 1664525 + 1013904223;
                feature = (state >> 8) / 67_108_864f - 0.125f;
            }
        }
    }
}
