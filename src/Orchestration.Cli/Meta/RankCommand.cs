using System.CommandLine;
using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Ranking;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta rank</c>: models by comparisons (Bradley and Terry, Elo) or by orders and metrics (Plackett and Luce, Borda, Kemeny).</summary>
internal static class RankCommand
{
    public static Command Create(CliContext context)
    {
        var shared = new MetaOptions("--rows", "Files of comparisons {model_a, model_b, label}, or of orders {ranking: [best, …]} and metrics {scores{model: number}}: JSON lines or CSV, gzip too.", 200);
        var style = new Option<bool>("--style") { Description = "Take out what length, headers, lists and bold do: comparisons need answer_a and answer_b." };
        var anchor = new Option<string?>("--anchor") { Description = "A model: win rates against it, with length taken out where answers or length_a and length_b are there." };
        var k = new Option<double>("--elo-k") { Description = "Points at stake in Elo's ratings.", DefaultValueFactory = _ => 4 };
        var power = new Option<double>("--power") { Description = "Chance of finding a difference, for the comparisons still needed.", DefaultValueFactory = _ => 0.8 };
        var command = new Command("rank", "Ranks models with bounds by prompt, says which are not told apart, how many comparisons that would take, and against which anchor they are best spent.") { style, anchor, k, power };
        shared.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (withStyle, against) = (parsed.GetValue(style), parsed.GetValue(anchor));
            var (points, chance) = (parsed.GetValue(k), parsed.GetValue(power));
            if (!(points > 0) || !double.IsFinite(points)) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"--elo-k {points}: more than 0."));
            if (!(chance > 0.5 && chance < 1)) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"--power {chance}: above 0.5 and below 1."));
            var set = RankingSet.Read(shared.Input(parsed, context), withStyle || against is not null, cancellationToken);
            await MetaText.RejectsAsync(context, set.Report);
            var file = shared.Files(parsed)[0];
            if ((withStyle || against is not null) && !set.IsComparisons) throw new OrchestrationException(ErrorCodes.Usage, $"--style and --anchor are about comparisons, and {file} holds orders of models.");
            if (withStyle && !set.HasLengths) throw new OrchestrationException(ErrorCodes.Input, $"--style needs 'answer_a' and 'answer_b' (or 'length_a' and 'length_b', for length alone) in every row of {file}.");
            if (against is not null && !set.Models.Contains(against, StringComparer.Ordinal)) throw new OrchestrationException(ErrorCodes.NotFound, $"--anchor {against}: no row of {file} names that model. It has {string.Join(", ", set.Models.Take(12))}.");
            CheckJoined(set, file);
            var (facts, options) = (shared.Facts(parsed), shared.Bootstrap(parsed, cancellationToken));
            var result = set.IsComparisons ? new ComparisonRankView(set, chance, options).Result(facts, withStyle, against, points, shared.Seed(parsed)) : new OrderRankView(set, options).Result(facts);
            await context.TellAsync(result, shared.Html(parsed), shared.Json(parsed), cancellationToken);
            return ExitStatus.Completed;
        });
        return command;
    }

    /// <summary>Runs it with its defaults: no style, no anchor.</summary>
    /// <exception cref="OrchestrationException">Models that were never compared with others.</exception>
    public static CheckResult Check(RankingSet set, IReadOnlyList<CheckFact> facts, BootstrapOptions options)
    {
        CheckJoined(set, facts[0].Value);
        return set.IsComparisons ? new ComparisonRankView(set, 0.8, options).Result(facts, withStyle: false, null, 4, options.Seed) : new OrderRankView(set, options).Result(facts);
    }

    private static void CheckJoined(RankingSet set, string file)
    {
        var wins = set.IsComparisons ? set.Comparisons(withStyle: false).Wins() : set.Orders().Wins(Once(set.Prompts));
        var parts = Connection.Parts(wins, set.Models.Count);
        if (parts.Max() == 0) return;
        var named = Enumerable.Range(0, parts.Max() + 1).Select(p => string.Join(", ", set.Models.Where((_, m) => parts[m] == p).Take(6)));
        throw new OrchestrationException(
            ErrorCodes.Input, $"The models of {file} fall into {parts.Max() + 1} parts that were never compared: {string.Join(" | ", named.Take(6))}. Rank each part apart, or compare some across them.");
    }

    internal static double[] Once(int groups)
    {
        var once = new double[groups];
        Array.Fill(once, 1);
        return once;
    }
}
