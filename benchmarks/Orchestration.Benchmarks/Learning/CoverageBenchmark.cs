using System.Globalization;
using Orchestration.Benchmarks.Whole;
using Orchestration.Learning.Calibrating;

namespace Orchestration.Benchmarks.Learning;

/// <summary>
/// Do the 95% intervals of calibrated policy values hold the true value? Synthetic policies of 1,000 prompts whose truth is known exactly: a continuous judge with one answer a prompt, and a coarse judge with two
/// answers a prompt that share part of their noise. No level is refused, so that every simulation counts. Beside it what leaving parts of the variance out would give.
/// </summary>
internal static class CoverageBenchmark
{
    private const int Simulations = 2000;
    private const int Prompts = 1000;

    // The bootstrap refits calibrator and folds in every resample: fewer prompts and one number of labels keep it to minutes, with as many resamples as the command line takes by itself.
    private const int BootstrapPrompts = 300;
    private const int BootstrapResamples = 500;

    public static Task RunAsync(string folder, Report report)
    {
        foreach (var clustered in new[] { false, true })
        {
            var name = clustered ? "coarse judge, two answers a prompt" : "continuous judge, one answer a prompt";
            foreach (var labels in new[] { 100, 250, 500 })
            {
                var outcomes = new Outcome[Simulations];
                Parallel.For(0, Simulations, s => outcomes[s] = One(clustered, labels, s));
                double Share(Func<Outcome, bool> held) => 100.0 * outcomes.Count(held) / Simulations;
                var says = string.Create(CultureInfo.InvariantCulture, $"{name}, {labels} labels");
                var (own, borrowed) = (Share(static o => o.Own), Share(static o => o.Borrowed));
                report.Figure($"{says}: the 95% interval holds the truth, {Simulations:N0} simulations", own, "%", "93–97", own is >= 93 and <= 97);
                report.Figure($"{says}: a policy without labels of its own", borrowed, "%", "93–97", borrowed is >= 93 and <= 97);
                report.Figure($"{says}: bias of the value over its standard error", outcomes.Average(static o => o.Error), "");
                report.Figure($"{says}: levels that would be refused, 5% or more of the scores outside the labelled range", Share(static o => o.Refused), "%");
                report.Figure($"{says}: uncorrected mean with the scores' variance alone", Share(static o => o.ScoresAlone), "%");
            }
        }

        foreach (var clustered in new[] { false, true })
        {
            var outcomes = new (bool Own, bool Borrowed)[Simulations];
            Parallel.For(0, Simulations, s => outcomes[s] = Bootstrapped(clustered, s));
            var says = string.Create(
                CultureInfo.InvariantCulture, $"{(clustered ? "coarse judge, two answers a prompt" : "continuous judge, one answer a prompt")}, 100 labels, {BootstrapPrompts} prompts, bootstrap of {BootstrapResamples}");
            var (own, borrowed) = (100.0 * outcomes.Count(static o => o.Own) / Simulations, 100.0 * outcomes.Count(static o => o.Borrowed) / Simulations);
            report.Figure($"{says}: the 95% interval holds the truth, {Simulations:N0} simulations", own, "%", "93–97", own is >= 93 and <= 97);
            report.Figure($"{says}: a policy without labels of its own", borrowed, "%", "93–97", borrowed is >= 93 and <= 97);
        }

        return Task.CompletedTask;
    }

    private static (bool Own, bool Borrowed) Bootstrapped(bool clustered, int simulation)
    {
        var rows = Draw(new Random(50_000_000 + (clustered ? 1_000_000 : 0) + simulation), clustered, 100, BootstrapPrompts);
        var study = PolicyStudy.Run(
            rows, new PolicyOptions { Seed = (ulong)simulation, OutsideLimit = double.PositiveInfinity, Interval = IntervalSource.Bootstrap, Resamples = BootstrapResamples });
        var truth = Truth(clustered);
        return (study.Policies[0].Low <= truth && truth <= study.Policies[0].High, study.Policies[1].Low <= truth && truth <= study.Policies[1].High);
    }

    private static Outcome One(bool clustered, int labels, int simulation)
    {
        var rows = Draw(new Random(1_000_000 * (clustered ? 2 : 1) + 10_000 * (labels / 10) + simulation), clustered, labels);
        var study = PolicyStudy.Run(rows, new PolicyOptions { Seed = (ulong)simulation, OutsideLimit = double.PositiveInfinity });
        var (own, other) = (study.Policies[0], study.Policies[1]);
        var truth = Truth(clustered);
        var scoresAlone = 0.0;
        var byPrompt = Enumerable.Range(0, rows.Rows).Where(i => rows.PolicyOf[i] == 0).GroupBy(i => rows.GroupOf[i]).Select(g => g.Sum(i => study.Calibrator.Of(rows.Scores[i]) - own.Calibrated)).ToArray();
        foreach (var sum in byPrompt) scoresAlone += sum * sum;
        return new Outcome(
            own.Low <= truth && truth <= own.High, other.Low <= truth && truth <= other.High, Math.Abs(own.Calibrated - truth) <= 1.96 * Math.Sqrt(scoresAlone) / own.Rows, (own.Value - truth) / own.StandardError,
            own.Outside >= new PolicyOptions().OutsideLimit);
    }

    /// <summary>Two policies alike; labels on answers of the first to the first prompts, which are as good as drawn.</summary>
    private static PolicyRows Draw(Random random, bool clustered, int labels, int prompts = Prompts)
    {
        var (policies, scores, marks, groups) = (new List<int>(), new List<double>(), new List<double>(), new List<int>());
        for (var policy = 0; policy < 2; policy++)
        {
            var left = policy == 0 ? labels : 0;
            for (var prompt = 0; prompt < prompts; prompt++)
            {
                var shared = Normal(random);
                for (var answer = 0; answer < (clustered ? 2 : 1); answer++, left--)
                {
                    var score = clustered ? Coarse(random) : random.NextDouble();
                    var noise = clustered ? 0.7 * shared + 0.7 * Normal(random) : shared;
                    policies.Add(policy);
                    scores.Add(score);
                    marks.Add(left > 0 ? Curve(score) + 0.2 * (0.5 + score) * noise : double.NaN);
                    groups.Add(prompt);
                }
            }
        }

        return new PolicyRows([.. policies], [.. scores], [.. marks], [.. groups]);
    }

    /// <summary>Scores as model judges give them: few values, most of them high.</summary>
    private static double Coarse(Random random) => random.NextDouble() switch { < 0.1 => 0.1, < 0.2 => 0.4, < 0.4 => 0.7, < 0.8 => 0.85, < 0.95 => 0.95, _ => 1.0 };

    private static double Curve(double score) => score * score;

    private static double Truth(bool clustered) =>
        clustered ? 0.1 * Curve(0.1) + 0.1 * Curve(0.4) + 0.2 * Curve(0.7) + 0.4 * Curve(0.85) + 0.15 * Curve(0.95) + 0.05 * Curve(1) : 1.0 / 3;

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private readonly record struct Outcome(bool Own, bool Borrowed, bool ScoresAlone, double Error, bool Refused);
}
