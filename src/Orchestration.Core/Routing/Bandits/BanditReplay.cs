using System.Globalization;
using Orchestration.Learning.Bandits;
using Orchestration.Learning.Statistics;

namespace Orchestration.Core.Routing.Bandits;

/// <summary>An expert that changes at a row of a replay.</summary>
/// <param name="Expert">Its name.</param>
/// <param name="Row">From this row on, from 0.</param>
/// <param name="Factor">What its quality is multiplied by, at least 0; the product is at most 1.</param>
public readonly record struct ReplayedDrift(string Expert, int Row, double Factor);

/// <summary>How a bandit is replayed.</summary>
public sealed record ReplayOptions
{
    /// <summary>Runs, each with its own order of the rows and its own draws; at least 1, default 10.</summary>
    public int Runs { get; init; } = 10;

    /// <summary>Seed of the first run; the others follow.</summary>
    public ulong Seed { get; init; }

    /// <summary>Decisions between an answer and its reward, at least 0.</summary>
    public int Delay { get; init; }

    /// <summary>Rewards between two versions of the policy, at least 1; default 20.</summary>
    public int Batch { get; init; } = 20;

    /// <summary>Share of the answers that are judged, above 0 to 1; default 1.</summary>
    public double JudgeShare { get; init; } = 1;

    /// <summary>Share of the decisions that go to an expert drawn evenly, 0–0.5; default 0.02.</summary>
    public double Explore { get; init; } = 0.02;

    /// <summary>Experts that change.</summary>
    public IReadOnlyList<ReplayedDrift> Drift { get; init; } = [];

    /// <summary>Other rows that the bandit knows before it begins, of the same experts; null for none.</summary>
    public ReplayRows? History { get; init; }

    /// <summary>What a row of <see cref="History"/> counts, above 0 to 1,000; default 1, as much as a reward. Less where it was judged elsewhere or long ago.</summary>
    public double HistoryWeight { get; init; } = 1;

    /// <summary>Points of the curve, at least 1; default 10.</summary>
    public int Points { get; init; } = 10;
}

/// <summary>What is replayed: every expert's quality on every prompt is known. Immutable by agreement: arrays are not copied.</summary>
/// <param name="Experts">Names.</param>
/// <param name="Prompts">One a row.</param>
/// <param name="Quality">Rows × experts, 0–1.</param>
/// <param name="CostUsd">Rows × experts, US dollars; null where costs are not known.</param>
public sealed record ReplayRows(IReadOnlyList<string> Experts, IReadOnlyList<string> Prompts, double[] Quality, double[]? CostUsd);

/// <summary>A figure of all runs.</summary>
/// <param name="Mean">Mean of the runs.</param>
/// <param name="Deviation">Standard deviation between runs; NaN with one.</param>
public readonly record struct ReplayFigure(double Mean, double Deviation);

/// <summary>A part of the curve: rows up to <paramref name="Through"/>, beginning where the part before it ends.</summary>
/// <param name="Through">Rows replayed at its end.</param>
/// <param name="Bandit">Mean reward of its rows.</param>
/// <param name="BestSingle">Mean reward of the expert that is best in hindsight over all rows.</param>
/// <param name="Oracle">Mean reward of each row's best expert.</param>
public readonly record struct ReplayPart(int Through, ReplayFigure Bandit, double BestSingle, double Oracle);

/// <summary>What a replay came to. Rewards are quality less λ times cost, a row.</summary>
public sealed record ReplayResult
{
    /// <summary>Rows of a run.</summary>
    public required int Rows { get; init; }

    /// <summary>Runs.</summary>
    public required int Runs { get; init; }

    /// <summary>The expert that is best in hindsight, in most runs.</summary>
    public required string BestSingleExpert { get; init; }

    /// <summary>Mean reward of the bandit.</summary>
    public required ReplayFigure Bandit { get; init; }

    /// <summary>Mean reward of the best single expert in hindsight.</summary>
    public required ReplayFigure BestSingle { get; init; }

    /// <summary>Mean reward of each row's best expert.</summary>
    public required ReplayFigure Oracle { get; init; }

    /// <summary>Mean reward of an expert drawn evenly.</summary>
    public required ReplayFigure Random { get; init; }

    /// <summary>Bandit less best single, run by run.</summary>
    public required ReplayFigure Gain { get; init; }

    /// <summary>Sum over the rows of the oracle's reward less the bandit's.</summary>
    public required ReplayFigure Regret { get; init; }

    /// <summary>The curve.</summary>
    public required IReadOnlyList<ReplayPart> Curve { get; init; }
}

/// <summary>
/// Replays a bandit on prompts on which every expert's quality is known: it decides, row by row in a drawn order, and hears of its own choice's quality after the delay. Full knowledge makes the
/// replay exact, without weights.
/// </summary>
public static class BanditReplay
{
    /// <summary>Replays.</summary>
    /// <param name="settings">The bandit; its half-life is counted in rows as seconds. Its experts are those of the rows.</param>
    /// <param name="features">Turns prompts into numbers.</param>
    /// <param name="rows">What is known.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Stops between two rows.</param>
    /// <exception cref="OrchestrationException">An option out of its range, or a drift of somebody unknown (<see cref="ErrorCodes.Usage"/>).</exception>
    public static ReplayResult Run(BanditSettings settings, IPromptFeatures features, ReplayRows rows, ReplayOptions options, CancellationToken cancellationToken)
    {
        Check(rows, options);
        var measured = new MeasuredPrompts(features, rows.Prompts);
        settings = settings with { Experts = rows.Experts };
        var learned = options.History is { } history ? BanditHistory.Of(settings, features, history, options.HistoryWeight) : null;
        var runs = new OneRun[options.Runs];
        for (var run = 0; run < runs.Length; run++) runs[run] = new OneRun(settings, learned, measured, rows, options, options.Seed + (ulong)run, cancellationToken);
        return new ReplayResult
        {
            Rows = rows.Prompts.Count,
            Runs = runs.Length,
            BestSingleExpert = rows.Experts[runs.GroupBy(static r => r.Best).MaxBy(static g => g.Count())!.Key],
            Bandit = Figure(runs, static r => r.Bandit.Average()),
            BestSingle = Figure(runs, static r => r.Single.Average()),
            Oracle = Figure(runs, static r => r.Oracle.Average()),
            Random = Figure(runs, static r => r.Uniform.Average()),
            Gain = Figure(runs, static r => r.Bandit.Average() - r.Single.Average()),
            Regret = Figure(runs, static r => r.Oracle.Sum() - r.Bandit.Sum()),
            Curve = [.. Enumerable.Range(0, Math.Min(options.Points, rows.Prompts.Count)).Select(p => Part(runs, p, Math.Min(options.Points, rows.Prompts.Count)))],
        };
    }

    private static ReplayPart Part(OneRun[] runs, int part, int parts)
    {
        var rows = runs[0].Bandit.Length;
        var (from, to) = ((int)((long)rows * part / parts), (int)((long)rows * (part + 1) / parts));
        return new ReplayPart(to, Figure(runs, r => r.Bandit[from..to].Average()), runs.Average(r => r.Single[from..to].Average()), runs.Average(r => r.Oracle[from..to].Average()));
    }

    private static ReplayFigure Figure(OneRun[] runs, Func<OneRun, double> of)
    {
        var moments = RunningMoments.Of([.. runs.Select(of)]);
        return new ReplayFigure(moments.Mean, moments.StandardDeviation);
    }

    private static void Check(ReplayRows rows, ReplayOptions options)
    {
        var wrong = options.Runs < 1 ? "runs: at least 1"
            : options.Delay < 0 ? "delay: 0 or more decisions"
            : options.Batch < 1 ? "batch: at least 1 reward"
            : options.Points < 1 ? "points: at least 1"
            : !(options.JudgeShare is > 0 and <= 1) ? "judged share: above 0 and at most 1"
            : !(options.Explore is >= 0 and <= 0.5) ? "explored share: 0 to 0.5"
            : rows.Prompts.Count == 0 || rows.Quality.Length != (long)rows.Prompts.Count * rows.Experts.Count ? "rows: a quality for every prompt and expert"
            : null;
        foreach (var drift in options.Drift)
        {
            if (!rows.Experts.Contains(drift.Expert, StringComparer.Ordinal)) wrong ??= $"drift: no expert is called '{drift.Expert}'; there are {string.Join(", ", rows.Experts)}";
            if (drift.Row < 0 || !(drift.Factor >= 0 && double.IsFinite(drift.Factor))) wrong ??= string.Create(CultureInfo.InvariantCulture, $"drift of '{drift.Expert}': a row from 0 and a factor of 0 or more");
        }

        if (wrong is not null) throw new OrchestrationException(ErrorCodes.Usage, $"Nothing can be replayed with these {wrong}.");
    }

    /// <summary>Prompts measured once for all runs: a prompt's text is its row's number.</summary>
    private sealed class MeasuredPrompts : IPromptFeatures
    {
        private readonly float[] _numbers;

        public MeasuredPrompts(IPromptFeatures features, IReadOnlyList<string> prompts)
        {
            (Version, Dimension) = (features.Version, features.Dimension);
            _numbers = new float[prompts.Count * Dimension];
            for (var i = 0; i < prompts.Count; i++) features.Fill(new RoutingPrompt(prompts[i]), _numbers.AsSpan(i * Dimension, Dimension));
        }

        public string Version { get; }

        public int Dimension { get; }

        public void Fill(RoutingPrompt prompt, Span<float> features) =>
            _numbers.AsSpan(int.Parse(prompt.Text, CultureInfo.InvariantCulture) * Dimension, Dimension).CopyTo(features);
    }

    private sealed class OneRun
    {
        public OneRun(BanditSettings settings, BanditStatistics? learned, MeasuredPrompts features, ReplayRows rows, ReplayOptions options, ulong seed, CancellationToken cancellationToken)
        {
            var (count, experts) = (rows.Prompts.Count, rows.Experts.Count);
            (Bandit, Single, Oracle, Uniform) = (new double[count], new double[count], new double[count], new double[count]);
            var random = new SplitMix(seed);
            var order = Enumerable.Range(0, count).ToArray();
            for (var i = count - 1; i > 0; i--)
            {
                var j = (int)(random.NextDouble() * (i + 1));
                (order[i], order[j]) = (order[j], order[i]);
            }

            var learner = new BanditLearner(settings, features, learned);
            var waiting = new Queue<(int Due, BanditReward Reward)>();
            var due = new List<BanditReward>();
            var (quality, values, sums) = (new double[experts], new double[experts], new double[experts]);
            var all = new double[count * experts];
            for (var step = 0; step < count; step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var row = order[step];
                while (waiting.TryPeek(out var next) && next.Due <= step) due.Add(waiting.Dequeue().Reward);
                if (due.Count >= options.Batch)
                {
                    learner.Take(due);
                    due.Clear();
                }

                for (var k = 0; k < experts; k++)
                {
                    quality[k] = rows.Quality[row * experts + k];
                    foreach (var drift in options.Drift)
                    {
                        if (step >= drift.Row && rows.Experts[k] == drift.Expert) quality[k] = Math.Min(1, quality[k] * drift.Factor);
                    }

                    values[k] = quality[k] - settings.Lambda * (rows.CostUsd?[row * experts + k] ?? 0);
                    sums[k] += values[k];
                    all[step * experts + k] = values[k];
                }

                var choice = learner.Snapshot().Choose(new RoutingQuestion
                {
                    Prompt = new RoutingPrompt(row.ToString(CultureInfo.InvariantCulture)),
                    Offers = [.. rows.Experts.Select((e, k) => new ExpertOffer(e, rows.CostUsd?[row * experts + k]))],
                    Draw = random.NextDouble(),
                });
                var expert = random.NextDouble() < options.Explore ? rows.Experts[(int)(random.NextDouble() * experts)] : choice.Experts[0];
                var place = 0;
                while (rows.Experts[place] != expert) place++;
                (Bandit[step], Oracle[step], Uniform[step]) = (values[place], values.Max(), values.Average());
                if (random.NextDouble() >= options.JudgeShare) continue;
                waiting.Enqueue((step + 1 + options.Delay, new BanditReward
                {
                    RouteId = step.ToString(CultureInfo.InvariantCulture),
                    DecidedAt = DateTimeOffset.UnixEpoch.AddSeconds(step),
                    RatedAt = DateTimeOffset.UnixEpoch.AddSeconds(step + options.Delay),
                    Expert = expert,
                    FeaturesVersion = features.Version,
                    Features = choice.Features,
                    Quality = quality[place],
                }));
            }

            Best = Array.IndexOf(sums, sums.Max());
            for (var step = 0; step < count; step++) Single[step] = all[step * experts + Best];
        }

        public double[] Bandit { get; }

        public double[] Single { get; }

        public double[] Oracle { get; }

        public double[] Uniform { get; }

        public int Best { get; }
    }

    /// <summary>SplitMix64 (Steele, Lea and Flood 2014): the same order and draws in every release.</summary>
    private sealed class SplitMix(ulong seed)
    {
        private ulong _state = seed * 0xD1342543DE82EF95 + 0x9E3779B97F4A7C15;

        public double NextDouble()
        {
            var z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
        }
    }
}
