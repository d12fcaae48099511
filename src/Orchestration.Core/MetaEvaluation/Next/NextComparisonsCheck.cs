using System.Globalization;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Pairs;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Ranking;

namespace Orchestration.Core.MetaEvaluation.Next;

/// <summary>A comparison or an order that is to be judged next.</summary>
/// <param name="Models">Names, in the order shown.</param>
/// <param name="Prompt">The prompt's group; null where no answers were given to choose from.</param>
/// <param name="Share">Share of the mean variance that it is expected to take away.</param>
/// <param name="Before">Comparisons of its first two models so far.</param>
public sealed record NextItem(IReadOnlyList<string> Models, string? Prompt, double Share, double Before);

/// <summary>What to judge next.</summary>
/// <param name="Items">In their order.</param>
/// <param name="Reach">Half the mean 95% interval of a difference of strengths, in log-odds, now and after 1, 2, … of the items.</param>
/// <param name="DrawnReach">The same after as many items drawn at random.</param>
/// <param name="Spread">Times that prompts widen the intervals beyond those of independent rows.</param>
/// <param name="Wanted">How many were asked for.</param>
public sealed record NextOutcome(IReadOnlyList<NextItem> Items, IReadOnlyList<double> Reach, IReadOnlyList<double> DrawnReach, double Spread, int Wanted);

/// <summary>Chooses comparisons that most shrink the intervals of a ranking.</summary>
public static class NextComparisonsCheck
{
    /// <summary>Chooses.</summary>
    /// <param name="set">Comparisons so far.</param>
    /// <param name="answers">Answers to choose from; null to choose models alone.</param>
    /// <param name="count">How many.</param>
    /// <param name="together">Models in each.</param>
    /// <param name="options">Bootstrap that says how much prompts widen intervals; its seed draws what stands first.</param>
    /// <exception cref="OrchestrationException">Orders instead of comparisons, fewer models than go together, or answers of which none can be compared.</exception>
    public static NextOutcome Run(RankingSet set, AnswerTable? answers, int count, int together, BootstrapOptions options)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(options);
        if (!set.IsComparisons) throw new OrchestrationException(ErrorCodes.Usage, "The rows are orders of models; what to judge next is chosen from comparisons. Name rows of {model_a, model_b, label}.");
        var models = set.Models.Count;
        if (together > models) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"--together {together}: there are {models} models."));
        var data = set.Comparisons(withStyle: false);
        var wins = data.Wins();
        var spread = Spread(data, wins, set.TieShare, options);
        var used = new Dictionary<string, int>(StringComparer.Ordinal);
        var free = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var next = new NextComparisons(wins, models, set.TieShare, spread);
        var best = next.Best(count, together, answers is null ? null : (chosen, times) => times < Free(chosen).Count, options.Cancellation);
        if (best.Count == 0) throw new OrchestrationException(ErrorCodes.Input, "No comparison can be made that was not made: no prompt of --answers is answered by two of the ranked models on which they were not compared already. Name more answers; 'source' must be the model's name.");
        var (items, reach) = (new List<NextItem>(), new List<double> { next.MeanReach });
        foreach (var one in best)
        {
            var prompt = answers is null ? null : Take(one.Models);
            string[] names = [.. one.Models.Select(m => set.Models[m])];

            // Nobody stands first for being first in the file.
            if (PairHash.Of("next", options.Seed.ToString(CultureInfo.InvariantCulture), items.Count.ToString(CultureInfo.InvariantCulture)).High % 2 == 1) Array.Reverse(names);
            items.Add(new NextItem(names, prompt, one.Share, wins[one.Models[0] * models + one.Models[1]] + wins[one.Models[1] * models + one.Models[0]]));
            next.Take(one.Models);
            reach.Add(next.MeanReach);
        }

        return new NextOutcome(items, reach, Drawn(new NextComparisons(wins, models, set.TieShare, spread), models, together, best.Count, options.Seed), spread, count);

        List<string> Free(IReadOnlyList<int> chosen)
        {
            var key = string.Join(',', chosen);
            if (free.TryGetValue(key, out var known)) return known;
            var made = chosen.Count == 2 ? set.PromptsOf(chosen[0], chosen[1]) : new HashSet<string>();
            return free[key] = [.. answers!.AnsweredBy(chosen.Select(m => set.Models[m])).Where(p => !made.Contains(p))];
        }

        // The prompt that this list asks the least of: comparisons on many prompts tell more than many on few.
        string Take(IReadOnlyList<int> chosen)
        {
            var prompts = Free(chosen);
            var prompt = prompts.MinBy(p => (used.GetValueOrDefault(p), PairHash.Of("prompt", options.Seed.ToString(CultureInfo.InvariantCulture), p).High))!;
            prompts.Remove(prompt);
            used[prompt] = used.GetValueOrDefault(prompt) + 1;
            return prompt;
        }
    }

    /// <summary>Times that the bootstrap over prompts finds the strengths' variance larger than independent rows would make it; 1 where each row has a prompt of its own, or where nothing holds some strengths.</summary>
    private static double Spread(ModelComparisons data, double[] wins, double tieShare, BootstrapOptions options)
    {
        if (data.Groups == data.Rows) return 1;
        var board = Leaderboard.Of(data, options);
        if (board.IsHeld || board.HeldResamples > 0) return 1;
        var variance = 2.0 / (data.Models - 1) * board.Standings.Sum(static s => s.Strength.StandardError * s.Strength.StandardError);
        return Math.Max(1, variance / new NextComparisons(wins, data.Models, tieShare).MeanVariance);
    }

    private static List<double> Drawn(NextComparisons drawn, int models, int together, int count, ulong seed)
    {
        var reach = new List<double> { drawn.MeanReach };
        for (var k = 0; k < count; k++)
        {
            int[] order = [.. Enumerable.Range(0, models).OrderBy(m => PairHash.Of("drawn", seed.ToString(CultureInfo.InvariantCulture), k.ToString(CultureInfo.InvariantCulture), m.ToString(CultureInfo.InvariantCulture)).High)];
            drawn.Take(order[..together]);
            reach.Add(drawn.MeanReach);
        }

        return reach;
    }

    /// <summary>As a section.</summary>
    /// <param name="outcome">What was chosen.</param>
    /// <param name="set">From what.</param>
    /// <param name="inputs">What is known of the inputs.</param>
    public static CheckSection Section(NextOutcome outcome, RankingSet set, IReadOnlyList<CheckFact> inputs)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        ArgumentNullException.ThrowIfNull(set);
        var counted = outcome.Items.GroupBy(static i => string.Join(", ", i.Models.Order(StringComparer.Ordinal)), StringComparer.Ordinal).OrderByDescending(static g => g.Sum(i => i.Share)).ToArray();
        double[] steps = [.. Enumerable.Range(0, outcome.Reach.Count).Select(static k => (double)k)];
        var headline = string.Create(
            CultureInfo.InvariantCulture,
            $"{outcome.Items.Count:N0} {(outcome.Items[0].Models.Count == 2 ? "comparisons" : $"orders of {outcome.Items[0].Models.Count}")} chosen: the mean interval of a difference of strengths is expected to shrink from ±{outcome.Reach[0]:0.000} to ±{outcome.Reach[^1]:0.000} log-odds; as many drawn at random would leave ±{outcome.DrawnReach[^1]:0.000}.");
        List<string> meaning = [headline];
        if (outcome.Items.Count < outcome.Wanted) meaning.Add(string.Create(CultureInfo.InvariantCulture, $"More than {outcome.Items.Count:N0} cannot be made from these answers: the models were compared on all prompts that they share."));
        if (outcome.Spread > 1.05) meaning.Add(string.Create(CultureInfo.InvariantCulture, $"Prompts make rows alike: intervals by prompt are wider than those of independent rows, as if each comparison counted {1 / outcome.Spread:0.00}."));
        return new CheckSection
        {
            Check = "next",
            Title = "What to judge next",
            Headline = headline,
            Measured = [.. inputs, new("comparisons so far", set.Rows.ToString("N0", CultureInfo.InvariantCulture)), new("prompts", set.Prompts.ToString("N0", CultureInfo.InvariantCulture)), new("models", set.Models.Count.ToString(CultureInfo.InvariantCulture))],
            Parts =
            [
                new CheckPart
                {
                    Chart = new LineChart([new LineSeries("chosen", steps, outcome.Reach), new LineSeries("drawn at random", steps, outcome.DrawnReach) { Dashed = true }])
                    {
                        Title = "Expected half width of the mean interval",
                        XLabel = "comparisons made from now on",
                        YLabel = "log-odds",
                    },
                    Table = new ReportTable(
                        ["models", ReportColumn.Number("how often"), ReportColumn.Number("compared so far"), ReportColumn.Number("variance taken away")],
                        [.. counted.Select(static g => (string[])[g.Key, g.Count().ToString(CultureInfo.InvariantCulture), ReportTable.Number(g.First().Before), g.Sum(static i => i.Share).ToString("0.0%", CultureInfo.InvariantCulture)])]),
                },
            ],
            Meaning = meaning,
            DoesNotMean = "What is expected holds if Bradley and Terry's model does. Comparisons chosen like this serve the ranking; shares of wins over them are no estimate of anything else.",
        };
    }

    /// <summary>As lines: comparisons ready to be judged where answers were given, names of models otherwise.</summary>
    /// <param name="outcome">What was chosen.</param>
    /// <param name="answers">The answers; null for names alone.</param>
    public static IEnumerable<string> Lines(NextOutcome outcome, AnswerTable? answers)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return outcome.Items.Select((item, k) => CheckJson.Line(writer =>
        {
            var isPair = item.Models.Count == 2;
            if (answers is not null)
            {
                writer.WriteString("id", $"{item.Prompt}/{string.Join('/', item.Models)}");
                var (prompt, category) = answers.TextOf(item.Prompt!);
                writer.WriteString("prompt", prompt);
                if (category is not null) writer.WriteString("category", category);
                writer.WriteString("group", item.Prompt);
            }

            if (isPair)
            {
                writer.WriteString("model_a", item.Models[0]);
                writer.WriteString("model_b", item.Models[1]);
            }
            else
            {
                CheckJson.Texts(writer, "models", item.Models);
            }

            if (answers is not null && isPair)
            {
                writer.WriteString("answer_a", answers.AnswerOf(item.Prompt!, item.Models[0]));
                writer.WriteString("answer_b", answers.AnswerOf(item.Prompt!, item.Models[1]));
            }
            else if (answers is not null)
            {
                CheckJson.Texts(writer, "answers", item.Models.Select(m => answers.AnswerOf(item.Prompt!, m)));
            }

            writer.WriteNumber("place", k + 1);
            CheckJson.Number(writer, "variance_share", item.Share);
        }));
    }
}
