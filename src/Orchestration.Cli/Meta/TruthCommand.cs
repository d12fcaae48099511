using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Orchestration.Core;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Truth;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta truth</c>: what is true of each item by the majority and by Dawid and Skene, how good each rater is, and whether raters err together.</summary>
internal static class TruthCommand
{
    private const int MostShown = 12;

    public static Command Create(CliContext context)
    {
        var shared = new MetaOptions("--ratings", "Files of {id, ratings{rater: label}, judges{judge: label}?, truth?}: JSON lines or CSV, gzip too. Judges are raters like others.", 1000);
        var iterations = new Option<int>("--iterations") { Description = "Iterations at most.", DefaultValueFactory = _ => 10_000 };
        var output = new Option<string?>("--out", "-o") { Description = "File for the truths found: {id, majority, truth, probability}, one item a line." };
        var command = new Command("truth", "What is true of each item by the majority and by Dawid and Skene's model, how good each rater is, how many votes they are worth, and a warning where they err together.") { iterations, output };
        shared.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var set = RatingSet.Read(shared.Input(parsed, context), [], cancellationToken);
            await MetaText.RejectsAsync(context, set.Report);
            var view = new View(set, Fit(set, shared.Files(parsed)[0], MetaOptions.Within("--iterations", parsed.GetValue(iterations), 1, 1_000_000), cancellationToken), shared.Bootstrap(parsed, cancellationToken));
            var result = view.Result(shared.Facts(parsed));
            if (parsed.GetValue(output) is { } path) await view.SaveAsync(path, cancellationToken);
            await context.TellAsync(result, shared.Html(parsed), shared.Json(parsed), cancellationToken);
            return ExitStatus.Completed;
        });
        return command;
    }

    /// <summary>Runs it.</summary>
    /// <exception cref="OrchestrationException">All ratings are the same.</exception>
    public static CheckResult Check(RatingSet set, IReadOnlyList<CheckFact> facts, BootstrapOptions options) => new View(set, Fit(set, facts[0].Value, 10_000, options.Cancellation), options).Result(facts);

    private static DawidSkene Fit(RatingSet set, string file, int iterations, CancellationToken cancellationToken) => set.Labels.Count >= 2
        ? DawidSkene.Fit(set.Table, new DawidSkeneOptions { MaxIterations = iterations, Cancellation = cancellationToken })
        : throw new OrchestrationException(ErrorCodes.Input, $"All ratings of {file} are '{set.Labels[0]}': there is nothing to find out.");

    private sealed class View(RatingSet set, DawidSkene fit, BootstrapOptions options)
    {
        private readonly double[] _shares = MajorityVote.Shares(set.Table);
        private readonly int _levels = set.Labels.Count;
        private readonly List<CheckPart> _parts = [];

        public CheckResult Result(IReadOnlyList<CheckFact> facts)
        {
            var dependence = ErrorDependence.Of(set.Table, fit, set.Truth);
            var changed = Enumerable.Range(0, set.Table.Items).Count(i => MajorityVote.Winner(_shares, _levels, i) is var m && m >= 0 && MajorityVote.Winner(fit.Probabilities, _levels, i) is var d && d >= 0 && d != m);
            var json = new JsonObject
            {
                ["items"] = set.Table.Items,
                ["raters"] = set.Raters.Count,
                ["iterations"] = fit.Iterations,
                ["converged"] = fit.Converged,
                ["changed_by_model"] = changed,
                ["votes"] = dependence.Votes,
                ["effective_votes"] = MetaText.Json(dependence.EffectiveVotes),
                ["error_correlation"] = MetaText.Json(dependence.ErrorCorrelation),
                ["knows_truth"] = dependence.KnowsTruth,
            };
            var known = set.Truth.Count(static t => t >= 0);
            if (known != 0) Accuracy(known, json);
            Workers(json);
            var change = string.Create(
                CultureInfo.InvariantCulture,
                $"Dawid and Skene's model changes the majority's answer on {changed:N0} of {set.Table.Items:N0} items ({fit.Iterations:N0} iterations{(fit.Converged ? "" : ", NOT converged: raise --iterations")}).");
            var among = dependence.KnowsTruth ? "errors against the known truth" : "errors against the fitted truth, which follows raters that err together, so that the votes are worth this or less";
            var worth = string.Create(
                CultureInfo.InvariantCulture,
                $"An item's {dependence.Votes:0.0} votes are worth {dependence.EffectiveVotes:0.0} independent ones (correlation of two raters' errors {MetaText.Number(dependence.ErrorCorrelation)}; {among}).");
            var errTogether = dependence.Pairs.Count != 0;
            var together = Together(dependence, json);
            _parts.Add(new CheckPart { Sentences = errTogether ? [change, worth] : [change, worth, together] });
            json["rejected"] = set.Report.Rejected;
            var section = new CheckSection
            {
                Check = "truth",
                Title = "What is true, and who is good at it",
                Headline = $"{worth} {change}",
                Measured = [.. facts, new("items", MetaText.Number(set.Table.Items, 0)), new("raters", MetaText.Number(set.Raters.Count, 0)), new("known truths", MetaText.Number(known, 0)), new("bad rows left out", MetaText.Number(set.Report.Rejected, 0))],
                Parts = _parts,
                Warnings = errTogether ? [together] : [],
                DoesNotMean = "A truth found from ratings alone is what the raters share. Where they are misled together it is wrong with confidence; only labels of known truth can show it.",
            };
            return new CheckResult(section, json).Marked(set.Report.Simulated, set.Report.Rows);
        }

        private void Accuracy(int known, JsonObject json)
        {
            var estimates = GroupBootstrap.Of(set.Table.Groups, 3, (drawn, values) =>
            {
                var (items, majority, model) = (0.0, 0.0, 0.0);
                for (var i = 0; i < set.Truth.Length; i++)
                {
                    if (set.Truth[i] < 0) continue;
                    var weight = drawn[set.Table.GroupOf[i]];
                    items += weight;
                    majority += weight * MajorityVote.Credit(_shares, _levels, i, set.Truth[i]);
                    model += weight * MajorityVote.Credit(fit.Probabilities, _levels, i, set.Truth[i]);
                }

                (values[0], values[1], values[2]) = (majority / items, model / items, (model - majority) / items);
            }, options);
            var table = new MetaTable("against the known truth", "accuracy [95%]");
            table.Row("majority (ties share)", MetaText.Of(estimates[0], 4));
            table.Row("Dawid and Skene", MetaText.Of(estimates[1], 4));
            table.Row("difference", MetaText.Of(estimates[2], 4));
            var (lower, upper) = (estimates[2].Lower, estimates[2].Upper);
            var sentence = lower > 0 ? "The model is better than the majority here: raters differ in skill, and it found out who is good."
                : upper < 0 ? "The model is WORSE than the majority here: that is what raters who err together do to it. Use the majority, and fewer of those raters."
                : "Whether the model is better or worse than the majority is open on these items.";
            _parts.Add(new CheckPart
            {
                Chart = new IntervalChart([
                    new IntervalRow("majority (ties share)", estimates[0].Value, estimates[0].Lower, estimates[0].Upper), new IntervalRow("Dawid and Skene", estimates[1].Value, estimates[1].Lower, estimates[1].Upper),
                ])
                {
                    Title = "Accuracy against the known truth",
                    XLabel = "share right, 95% interval",
                    YLabel = "found by",
                },
                Table = table.Done(),
                Sentences = [sentence],
            });
            json["known_truths"] = known;
            json["majority_accuracy"] = MetaText.Json(estimates[0]);
            json["dawid_skene_accuracy"] = MetaText.Json(estimates[1]);
            json["difference"] = MetaText.Json(estimates[2]);
        }

        private void Workers(JsonObject json)
        {
            var all = Enumerable.Range(0, set.Raters.Count).Select(r => (Rater: r, Quality: fit.Quality(r))).ToArray();
            var raters = new JsonObject();
            foreach (var (rater, quality) in all)
            {
                var confusion = new JsonObject();
                for (var k = 0; k < _levels; k++)
                {
                    var row = new JsonObject();
                    for (var l = 0; l < _levels; l++) row[set.Labels[l]] = MetaText.Json(fit.Confusion[(rater * _levels + k) * _levels + l]);
                    confusion[set.Labels[k]] = row;
                }

                raters[set.Raters[rater]] = new JsonObject { ["ratings"] = quality.Ratings, ["accuracy"] = MetaText.Json(quality.Accuracy), ["informedness"] = MetaText.Json(quality.Informedness), ["confusion"] = confusion };
            }

            json["workers"] = raters;
            // Raters who met one level only have no informedness; in a long list they are left to the JSON.
            var order = all.Where(r => all.Length <= 2 * MostShown || !double.IsNaN(r.Quality.Informedness)).OrderByDescending(static r => r.Quality.Informedness).ThenBy(static r => r.Rater).ToArray();
            var shown = order.Length <= 2 * MostShown ? order : [.. order[..MostShown], .. order[^MostShown..]];
            var table = new MetaTable("rater", "ratings", "accuracy", "informedness");
            for (var k = 0; k < shown.Length; k++)
            {
                if (k == MostShown && shown.Length != order.Length) table.Row($"… {order.Length - shown.Length} more …", "", "", "");
                table.Row(set.Raters[shown[k].Rater], MetaText.Number(shown[k].Quality.Ratings, 0), MetaText.Number(shown[k].Quality.Accuracy), MetaText.Number(shown[k].Quality.Informedness));
            }

            var opposite = all.Count(static r => r.Quality.Informedness < 0);
            var sentence = "Accuracy and informedness are the model's own estimate: 1 always right, informedness 0 no better than a constant answer, below 0 rather the opposite"
                + (opposite == 0 ? "." : string.Create(CultureInfo.InvariantCulture, $" ({opposite} of the raters; the model counts their votes against what they say)."));
            _parts.Add(new CheckPart { Heading = "The raters", Table = table.Done(), Sentences = [sentence] });
        }

        /// <summary>Whether raters err together: in a sentence, and where some do in a table.</summary>
        private string Together(ErrorDependence dependence, JsonObject json)
        {
            json["dependent_pairs"] = new JsonArray([.. dependence.Pairs.Select(p => (JsonNode)new JsonObject
            {
                ["first"] = set.Raters[p.First], ["second"] = set.Raters[p.Second], ["items"] = p.Items, ["agreement"] = p.Agreement, ["expected"] = p.Expected, ["z"] = p.Z,
            })]);
            json["compared_pairs"] = dependence.Compared;
            if (dependence.Compared == 0) return $"Whether raters err together cannot be seen: no two share {ErrorDependence.LeastItems} items.";
            if (dependence.Pairs.Count == 0) return string.Create(CultureInfo.InvariantCulture, $"None of {dependence.Compared:N0} pairs of raters agrees more than independent errors explain.");
            var table = new MetaTable("raters who err together", "items", "agree on", "expected", "z");
            foreach (var pair in dependence.Pairs.Take(5))
                table.Row($"{set.Raters[pair.First]} and {set.Raters[pair.Second]}", MetaText.Number(pair.Items, 0), MetaText.Percent(pair.Agreement), MetaText.Percent(pair.Expected), MetaText.Number(pair.Z, 1));
            _parts.Add(new CheckPart { Table = table.Done() });
            return string.Create(
                CultureInfo.InvariantCulture,
                $"WARNING: {dependence.Pairs.Count:N0} of {dependence.Compared:N0} pairs of raters agree more than independent errors explain. They err together, or some items mislead everyone; the model believes such raters too much, and is no cure for them.");
        }

        public async Task SaveAsync(string path, CancellationToken cancellationToken)
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            await using var file = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            for (var i = 0; i < set.Table.Items; i++)
            {
                var (vote, truth) = (MajorityVote.Winner(_shares, _levels, i), MajorityVote.Winner(fit.Probabilities, _levels, i));
                await file.WriteLineAsync(MetaText.ToLine(new JsonObject
                {
                    ["id"] = set.Ids[i],
                    ["majority"] = vote < 0 ? null : set.Labels[vote],
                    ["truth"] = truth < 0 ? null : set.Labels[truth],
                    ["probability"] = MetaText.Json(fit.Probabilities.AsSpan(i * _levels, _levels).ToArray().Max()),
                }).AsMemory(), cancellationToken);
            }
        }
    }
}
