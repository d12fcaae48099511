using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Ranking;

namespace Orchestration.Cli.Meta;

/// <summary>What <c>meta rank</c> says of comparisons.</summary>
internal sealed class ComparisonRankView(RankingSet set, double power, BootstrapOptions options)
{
    private readonly List<CheckPart> _parts = [];

    public CheckResult Result(IReadOnlyList<CheckFact> facts, bool withStyle, string? anchor, double k, ulong seed)
    {
        var data = set.Comparisons(withStyle);
        var board = Leaderboard.Of(data, options);
        var elo = Elo.Of(data, k, orders: Math.Clamp(4_000_000 / data.Rows, 10, 100), seed);
        var strengths = new double[data.Models];
        foreach (var standing in board.Standings) strengths[standing.Model] = standing.Strength.Value;
        var json = new JsonObject
        {
            ["rows"] = data.Rows,
            ["prompts"] = data.Groups,
            ["models"] = data.Models,
            ["tie_share"] = set.TieShare,
            ["held"] = board.IsHeld,
            ["held_resamples"] = board.HeldResamples,
        };
        Places(board, elo, strengths, [.. Sentences(data, board, withStyle)], json);
        if (withStyle) Style(board, json);
        Anchors(strengths, json);
        if (anchor is not null) Against(anchor, json);
        json["rejected"] = set.Report.Rejected;
        var open = board.Gaps.Count(static g => g.Lower <= 0);
        var section = new CheckSection
        {
            Check = "rank",
            Title = "Models ranked by comparisons",
            Headline = string.Create(CultureInfo.InvariantCulture, $"{set.Models[board.Standings[0].Model]} stands first of {data.Models}; {open} of {board.Gaps.Count} neighbours are not told apart."),
            Measured =
            [
                .. facts, new("comparisons", MetaText.Number(data.Rows, 0)), new("prompts", MetaText.Number(data.Groups, 0)), new("models", MetaText.Number(data.Models, 0)), new("ties", MetaText.Percent(set.TieShare)),
                new("style taken out", withStyle ? "yes" : "no"), new("bad rows left out", MetaText.Number(set.Report.Rejected, 0)),
            ],
            Parts = _parts,
            DoesNotMean = "Strengths order these models on prompts like these, as whoever judged sees it; a judge's bias ranks along. A rank that two models share says that the comparisons do not tell them apart.",
        };
        return new CheckResult(section, json).Marked(set.Report.Simulated, set.Report.Rows);
    }

    private void Places(Leaderboard board, Elo elo, double[] strengths, string[] sentences, JsonObject json)
    {
        var table = new MetaTable("model", "rank", "strength [95%]", "on Elo's scale", "mean win rate [95%]", "places", "above the next [95%]", "comparisons to tell from next", "Elo (shuffled)");
        var list = new JsonArray();
        for (var s = 0; s < board.Standings.Count; s++)
        {
            var standing = board.Standings[s];
            var gap = s < board.Gaps.Count ? board.Gaps[s] : Estimate.Of(double.NaN);
            var needed = double.NaN;
            if (s < board.Gaps.Count)
            {
                var chance = BradleyTerry.Chance(strengths[standing.Model], strengths[board.Standings[s + 1].Model]);
                // Ties are worth ½ and take a quarter of their share from the variance of an outcome.
                needed = ComparisonPower.Direct(chance, power: power, variance: Math.Max(chance * (1 - chance) - set.TieShare / 4, 0.01));
            }

            table.Row(
                set.Models[standing.Model], standing.Rank.ToString(CultureInfo.InvariantCulture), MetaText.Of(standing.Strength), MetaText.Number(Standing.OnEloScale(standing.Strength.Value), 0), MetaText.Of(standing.WinRate),
                string.Create(CultureInfo.InvariantCulture, $"{standing.Places.Best}–{standing.Places.Worst}"), double.IsNaN(gap.Value) ? "" : MetaText.Of(gap), MetaText.Number(needed, 0),
                string.Create(CultureInfo.InvariantCulture, $"{elo.Mean[standing.Model]:0} [{elo.Low[standing.Model]:0}, {elo.High[standing.Model]:0}]"));
            list.Add((JsonNode)new JsonObject
            {
                ["rank"] = standing.Rank,
                ["model"] = set.Models[standing.Model],
                ["strength"] = MetaText.Json(standing.Strength),
                ["elo_scale"] = Standing.OnEloScale(standing.Strength.Value),
                ["win_rate"] = MetaText.Json(standing.WinRate),
                ["places"] = new JsonArray(standing.Places.Best, standing.Places.Worst),
                ["above_next"] = double.IsNaN(gap.Value) ? null : MetaText.Json(gap),
                ["comparisons_to_tell_from_next"] = MetaText.Json(needed),
                ["anchor_worth"] = ComparisonPower.AnchorWorth(strengths, standing.Model),
                ["elo"] = new JsonObject { ["in_order"] = elo.Ratings[standing.Model], ["mean"] = elo.Mean[standing.Model], ["lower"] = elo.Low[standing.Model], ["upper"] = elo.High[standing.Model] },
            });
        }

        var chart = new IntervalChart([.. board.Standings.Select(s => new IntervalRow(set.Models[s.Model], s.Strength.Value, s.Strength.Lower, s.Strength.Upper))])
        {
            Title = "Strength of each model",
            XLabel = "log-odds by Bradley and Terry's model, 95% interval by prompt",
            YLabel = "model",
        };
        _parts.Add(new CheckPart { Chart = chart, Table = table.Done(), Sentences = sentences });
        json["ranking"] = list;
    }

    private IEnumerable<string> Sentences(ModelComparisons data, Leaderboard board, bool withStyle)
    {
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{data.Rows:N0} comparisons of {data.Models} models on {data.Groups:N0} prompts, {set.TieShare:0.0%} ties. A strength is log-odds by Bradley and Terry's model{(withStyle ? " with style taken out" : "")}, a tie half a win; models whose bounds overlap share a rank. Bounds resample prompts; Elo's are those of shuffled orders alone.");
        var open = board.Gaps.Count(static g => g.Lower <= 0);
        if (open != 0) yield return string.Create(CultureInfo.InvariantCulture, $"{open} of {board.Gaps.Count} neighbours are not told apart; with the comparisons given beside them, each on a prompt of its own and were the gap as it seems, a test would find it with a chance of {power:0%}.");
        if (board.IsHeld)
            yield return $"HELD: some models never lost to others, not even by a chain, so that their strengths have no finite estimate; a prior of standard deviation {BradleyTerry.HoldingDeviation} holds them, and their distance means little.";
        else if (board.HeldResamples != 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"In {board.HeldResamples} of {options.Resamples} resamples some model never lost and was held by a prior: bounds that far out mean little. More comparisons cure it.");
    }

    private void Style(Leaderboard board, JsonObject json)
    {
        var table = new MetaTable("style", "log-odds for one standard deviation [95%]");
        var effects = new JsonObject();
        for (var c = 0; c < board.Effects.Count; c++)
        {
            // What never differs (headers where only lengths were given) has no effect to speak of: exactly 0 in every fit.
            var varies = board.Effects[c] is not { Value: 0, Lower: 0, Upper: 0 };
            table.Row(AnswerLook.Covariates[c], varies ? MetaText.Of(board.Effects[c]) : "does not differ in these rows");
            effects[AnswerLook.Covariates[c]] = varies ? MetaText.Json(board.Effects[c]) : null;
        }

        _parts.Add(new CheckPart { Heading = "Style", Table = table.Done(), Sentences = ["Above 0: whoever judged prefers answers with more of it, whatever they say. Both answers' difference enters as (a − b)/(a + b)."] });
        json["style"] = effects;
    }

    private void Anchors(double[] strengths, JsonObject json)
    {
        var worth = Enumerable.Range(0, strengths.Length).Select(m => (Model: m, Worth: ComparisonPower.AnchorWorth(strengths, m))).OrderByDescending(static w => w.Worth).ToArray();
        json["best_anchor"] = set.Models[worth[0].Model];
        var sentence = string.Create(
            CultureInfo.InvariantCulture,
            $"The most informative anchor is {set.Models[worth[0].Model]}: a comparison with it is worth {worth[0].Worth:0.00} of one between equals; the least is {set.Models[worth[^1].Model]} ({worth[^1].Worth:0.00}). Anchors far above or below the rest tell little.");
        _parts.Add(new CheckPart { Sentences = [sentence] });
    }

    private void Against(string anchor, JsonObject json)
    {
        var anchorIndex = Enumerable.Range(0, set.Models.Count).First(m => set.Models[m] == anchor);
        string[] columns = set.HasLengths ? ["comparisons", "win rate [95%]", "length taken out [95%]", "effect of length [95%]"] : ["comparisons", "win rate [95%]"];
        var table = new MetaTable($"against {anchor}", columns);
        var rates = new JsonObject();
        for (var m = 0; m < set.Models.Count; m++)
        {
            if (m == anchorIndex) continue;
            var (halves, longer, groups) = set.Against(m, anchorIndex);
            if (halves.Length == 0) continue;
            var rate = LengthAdjustedWinRate.Of(halves, longer, groups, options);
            string[] cells = [set.Models[m], MetaText.Number(rate.Rows, 0), MetaText.Of(rate.Raw)];
            var one = new JsonObject { ["comparisons"] = rate.Rows, ["win_rate"] = MetaText.Json(rate.Raw) };
            if (set.HasLengths)
            {
                cells = [.. cells, MetaText.Of(rate.Adjusted), MetaText.Of(rate.LengthEffect)];
                one["length_adjusted_win_rate"] = MetaText.Json(rate.Adjusted);
                one["length_effect"] = MetaText.Json(rate.LengthEffect);
            }

            table.Row(cells);
            rates[set.Models[m]] = one;
        }

        string[] sentences = set.HasLengths ? ["With length taken out: the win rate were both answers of one length (logit = model + φ·tanh(Δlength/sd), read at 0). Without a term for the difficulty of instructions it is not AlpacaEval's figure."] : [];
        _parts.Add(new CheckPart { Heading = $"Against {anchor}", Table = table.Done(), Sentences = sentences });
        json["against"] = new JsonObject { ["anchor"] = anchor, ["models"] = rates };
    }
}
