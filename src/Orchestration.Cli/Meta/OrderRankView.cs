using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Ranking;

namespace Orchestration.Cli.Meta;

/// <summary>What <c>meta rank</c> says of orders and metrics.</summary>
internal sealed class OrderRankView(RankingSet set, BootstrapOptions options)
{
    public CheckResult Result(IReadOnlyList<CheckFact> facts)
    {
        var data = set.Orders();
        var board = Leaderboard.Of(data, options);
        var borda = GroupBootstrap.Of(data.Groups, data.Models, (drawn, values) => Consensus.Borda(data, drawn).CopyTo(values), options);
        var wins = data.Wins(RankCommand.Once(data.Groups));
        var kemeny = Consensus.Kemeny(wins, data.Models);
        var places = GroupBootstrap.Of(data.Groups, data.Models, (drawn, values) =>
        {
            var order = Consensus.Kemeny(data.Wins(drawn), data.Models).Order;
            for (var place = 0; place < order.Length; place++) values[order[place]] = place + 1;
        }, options);

        var table = new MetaTable("model", "rank", "Plackett–Luce strength [95%]", "places", "Borda [95%]", "Kemeny's place [95%]");
        var list = new JsonArray();
        foreach (var standing in board.Standings)
        {
            var m = standing.Model;
            table.Row(
                set.Models[m], standing.Rank.ToString(CultureInfo.InvariantCulture), MetaText.Of(standing.Strength), string.Create(CultureInfo.InvariantCulture, $"{standing.Places.Best}–{standing.Places.Worst}"),
                MetaText.Of(borda[m]), string.Create(CultureInfo.InvariantCulture, $"{places[m].Value:0} [{places[m].Lower:0}, {places[m].Upper:0}]"));
            list.Add((JsonNode)new JsonObject
            {
                ["rank"] = standing.Rank,
                ["model"] = set.Models[m],
                ["strength"] = MetaText.Json(standing.Strength),
                ["win_rate"] = MetaText.Json(standing.WinRate),
                ["places"] = new JsonArray(standing.Places.Best, standing.Places.Worst),
                ["borda"] = MetaText.Json(borda[m]),
                ["kemeny_place"] = MetaText.Json(places[m]),
            });
        }

        var pairs = 0.0;
        foreach (var weight in wins) pairs += weight;
        List<string> sentences = [string.Create(
            CultureInfo.InvariantCulture,
            $"{set.Rows:N0} orders of {data.Models} models. Plackett and Luce's strengths are log-odds of being preferred, from orders of any of the models; Borda is the mean share of the others stood above; Kemeny's order is the one that the fewest pairs contradict ({kemeny.Disagreement / pairs:0.0%} of them do). Bounds resample {(data.Groups == set.Rows ? "the orders" : "prompts")}.")];
        sentences.Add(
            kemeny.IsExact ? "Kemeny's order is exact."
            : string.Create(CultureInfo.InvariantCulture, $"Kemeny's order was found by moving single models ({data.Models} are too many to go through all); no order has less than {kemeny.LowerBound / pairs:0.0%} of the pairs against it."));
        if (board.IsHeld) sentences.Add($"HELD: some models never stood below others, not even by a chain; a prior of standard deviation {BradleyTerry.HoldingDeviation} holds their strengths, and their distance means little.");
        var json = new JsonObject
        {
            ["rows"] = set.Rows,
            ["prompts"] = data.Groups,
            ["models"] = data.Models,
            ["held"] = board.IsHeld,
            ["held_resamples"] = board.HeldResamples,
            ["ranking"] = list,
            ["kemeny"] = new JsonObject
            {
                ["order"] = new JsonArray([.. kemeny.Order.Select(m => (JsonNode)set.Models[m])]),
                ["disagreement"] = kemeny.Disagreement,
                ["lower_bound"] = kemeny.LowerBound,
                ["exact"] = kemeny.IsExact,
            },
        };
        json["rejected"] = set.Report.Rejected;
        var section = new CheckSection
        {
            Check = "rank",
            Title = "Models ranked by orders and metrics",
            Headline = $"{set.Models[board.Standings[0].Model]} stands first of {data.Models.ToString(CultureInfo.InvariantCulture)}; {MetaText.Percent(kemeny.Disagreement / pairs)} of the pairs contradict the order that the fewest contradict.",
            Measured = [.. facts, new("orders", MetaText.Number(set.Rows, 0)), new("prompts", MetaText.Number(data.Groups, 0)), new("models", MetaText.Number(data.Models, 0)), new("bad rows left out", MetaText.Number(set.Report.Rejected, 0))],
            Parts =
            [
                new CheckPart
                {
                    Chart = new IntervalChart([.. board.Standings.Select(s => new IntervalRow(set.Models[s.Model], s.Strength.Value, s.Strength.Lower, s.Strength.Upper))])
                    {
                        Title = "Strength of each model",
                        XLabel = "log-odds by Plackett and Luce's model, 95% interval",
                        YLabel = "model",
                    },
                    Table = table.Done(),
                    Sentences = sentences,
                },
            ],
            DoesNotMean = "Metrics that measure the same thing count as often as they stand in the rows: an order of many metrics is one of what was measured, not of what matters.",
        };
        return new CheckResult(section, json).Marked(set.Report.Simulated, set.Report.Rows);
    }
}
