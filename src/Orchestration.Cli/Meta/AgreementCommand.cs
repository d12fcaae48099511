using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Core;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Agreement;
using Orchestration.Learning.Intervals;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta agreement</c>: how far raters agree beyond chance, and whether judges could pass for one of them.</summary>
internal static class AgreementCommand
{
    /// <summary>Pairs of raters above which only their range is shown; <c>--all-pairs</c> shows them.</summary>
    private const int MostPairs = 45;

    public static Command Create(CliContext context)
    {
        var shared = new MetaOptions("--ratings", "Files of {id, ratings{rater: label}, judges{judge: label}?}: JSON lines or CSV, gzip too.", 1000);
        var order = new Option<string?>("--order") { Description = "Labels from lowest to highest, separated by commas, where they are no numbers but have an order." };
        var weights = new Option<KappaWeights>("--weights") { Description = "Weights of κ in the test against annotators: None, Linear, Quadratic.", DefaultValueFactory = _ => KappaWeights.None };
        var allPairs = new Option<bool>("--all-pairs") { Description = $"Show every pair of raters, also where there are more than {MostPairs}." };
        var command = new Command("agreement", "How far raters agree beyond chance (the κ family, Fleiss, Krippendorff's α, correlations), and whether each judge could pass for one of the annotators.") { order, weights, allPairs };
        shared.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var set = RatingSet.Read(shared.Input(parsed, context), MetaOptions.Split(parsed.GetValue(order)), cancellationToken);
            await MetaText.RejectsAsync(context, set.Report);
            var setting = new AgreementSetting(parsed.GetValue(order) is not null, parsed.GetValue(weights), parsed.GetValue(allPairs));
            await context.TellAsync(Check(set, shared.Facts(parsed), setting, shared.Bootstrap(parsed, cancellationToken)), shared.Html(parsed), shared.Json(parsed), cancellationToken);
            return ExitStatus.Completed;
        });
        return command;
    }

    /// <summary>Runs it.</summary>
    /// <exception cref="OrchestrationException">One rater alone.</exception>
    public static CheckResult Check(RatingSet set, IReadOnlyList<CheckFact> facts, AgreementSetting setting, BootstrapOptions options)
    {
        if (set.Annotators < 2 && set.Raters.Count < 2) throw new OrchestrationException(ErrorCodes.Input, $"{facts[0].Value} has one rater, and agreement is between two. Add ratings of others, or judges{{}}.");
        return new View(set, setting.IsOrdered || set.IsNumeric, setting.Weights, options).Result(facts, setting.AllPairs);
    }

    /// <summary>What an agreement is asked for.</summary>
    /// <param name="IsOrdered">True where the labels' order was stated.</param>
    /// <param name="Weights">Weights of κ in the test against annotators.</param>
    /// <param name="AllPairs">Show every pair.</param>
    public sealed record AgreementSetting(bool IsOrdered, KappaWeights Weights, bool AllPairs);

    private sealed class View(RatingSet set, bool isOrdered, KappaWeights weights, BootstrapOptions options)
    {
        private readonly List<CheckPart> _parts = [];
        private string _headline = "";

        public CheckResult Result(IReadOnlyList<CheckFact> facts, bool allPairs)
        {
            var annotators = Enumerable.Range(0, set.Annotators).ToArray();
            var judges = Enumerable.Range(set.Annotators, set.Raters.Count - set.Annotators).ToArray();
            var who = annotators.Length >= 2 ? annotators : [.. annotators, .. judges];
            var json = new JsonObject { ["items"] = set.Table.Items, ["groups"] = set.Table.Groups, ["annotators"] = annotators.Length, ["labels"] = new JsonArray([.. set.Labels.Select(static l => (JsonNode)l)]) };
            Together(who, json);
            Pairs(who, json, allPairs);
            if (judges.Length != 0 && annotators.Length >= 2) Judges(annotators, judges, json);
            json["rejected"] = set.Report.Rejected;
            var section = new CheckSection
            {
                Check = "agreement",
                Title = "How far raters agree",
                Headline = _headline,
                Measured =
                [
                    .. facts, new("items", MetaText.Number(set.Table.Items, 0)), new("prompts", MetaText.Number(set.Table.Groups, 0)), new("annotators", MetaText.Number(annotators.Length, 0)),
                    new("judges", MetaText.Number(judges.Length, 0)), new("bad rows left out", MetaText.Number(set.Report.Rejected, 0)),
                ],
                Parts = _parts,
                DoesNotMean = "Raters who agree need not be right: agreement bounds how far a score can be trusted and does not show that it is true.",
            };
            return new CheckResult(section, json).Marked(set.Report.Simulated, set.Report.Rows);
        }

        private void Together(int[] who, JsonObject json)
        {
            var measures = new List<(string Name, string Key, IAgreement Measure)>
            {
                ("Fleiss' κ", "fleiss_kappa", new FleissKappa(set.Table, who)),
                ("Krippendorff's α, nominal", "alpha_nominal", new KrippendorffAlpha(set.Table, MeasurementLevel.Nominal, who)),
            };
            if (isOrdered) measures.Add(("Krippendorff's α, ordinal", "alpha_ordinal", new KrippendorffAlpha(set.Table, MeasurementLevel.Ordinal, who)));
            if (set.IsNumeric) measures.Add(("Krippendorff's α, interval", "alpha_interval", new KrippendorffAlpha(set.Table, MeasurementLevel.Interval, who)));
            var estimates = AgreementEstimates.Of(set.Table, [.. measures.Select(static m => m.Measure)], options);
            var table = new MetaTable($"{(who.Length == set.Annotators ? "annotators" : "raters")} together", "value [95%]");
            for (var m = 0; m < measures.Count; m++)
            {
                table.Row(measures[m].Name, MetaText.Of(estimates[m]));
                json[measures[m].Key] = MetaText.Json(estimates[m]);
            }

            _headline = $"{measures[^1].Name} is {MetaText.Of(estimates[^1])}. {Meaning(estimates[^1].Value)}";
            _parts.Add(new CheckPart
            {
                Chart = new IntervalChart([.. measures.Select((m, k) => new IntervalRow(m.Name, estimates[k].Value, estimates[k].Lower, estimates[k].Upper))])
                {
                    Title = "Agreement beyond chance",
                    XLabel = "0 chance, 1 full agreement; 95% intervals",
                    YLabel = "measure",
                    Reference = 0,
                },
                Table = table.Done(),
                Sentences =
                [
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{who.Length} raters, {set.Table.Items:N0} items: 1 is full agreement, 0 what ratings dealt out by chance would give. {Meaning(estimates[^1].Value)} Bounds resample {(set.Table.Groups == set.Table.Items ? "items" : "prompts")}."),
                ],
            });
        }

        /// <summary>By Krippendorff's own customary limits (Content Analysis, 2004, section 11.4).</summary>
        private static string Meaning(double alpha) => double.IsNaN(alpha) ? "All ratings are the same: there is nothing to agree on."
            : alpha >= 0.8 ? "An α from 0.8 is customarily called reliable."
            : alpha >= 0.667 ? "An α from 0.667 to 0.8 customarily allows tentative conclusions only."
            : "An α below 0.667 is customarily too low to draw conclusions from single ratings; a mean over several raters is steadier than each of them.";

        private void Pairs(int[] who, JsonObject json, bool allPairs)
        {
            var pairs = who.SelectMany(a => who.Where(b => b > a).Select(b => (First: a, Second: b))).ToArray();
            if (pairs.Length > MostPairs && !allPairs)
            {
                var kappas = pairs.Select(p => AgreementEstimates.Value(set.Table, new CohenKappa(set.Table, p.First, p.Second))).Where(static k => !double.IsNaN(k)).Order().ToArray();
                if (kappas.Length != 0)
                {
                    _parts.Add(new CheckPart { Sentences = [$"κ of {pairs.Length} pairs: {MetaText.Number(kappas[0])} to {MetaText.Number(kappas[^1])}, half of them below {MetaText.Number(kappas[kappas.Length / 2])} (--all-pairs shows each)."] });
                    json["pair_kappa"] = new JsonObject { ["pairs"] = pairs.Length, ["least"] = kappas[0], ["median"] = kappas[kappas.Length / 2], ["most"] = kappas[^1] };
                }

                return;
            }

            string[] names = isOrdered ? ["kappa", "kappa_linear", "kappa_quadratic", "pearson", "spearman", "kendall_tau_b"] : ["kappa"];
            if (isOrdered && !set.IsNumeric) names = [.. names.Where(static n => n != "pearson")];
            var measures = pairs.SelectMany(p => names.Select(n => Measure(n, p.First, p.Second))).ToArray();
            var estimates = AgreementEstimates.Of(set.Table, measures, options);
            var table = new MetaTable("pair", ["items", .. names.Select(static n => n.Replace('_', ' ').Replace("kappa", "κ", StringComparison.Ordinal))]);
            var list = new JsonArray();
            for (var p = 0; p < pairs.Length; p++)
            {
                var mine = estimates.AsSpan(p * names.Length, names.Length).ToArray();
                var items = new CohenKappa(set.Table, pairs[p].First, pairs[p].Second).Items;
                table.Row([$"{set.Raters[pairs[p].First]} – {set.Raters[pairs[p].Second]}", MetaText.Number(items, 0), .. mine.Select(e => MetaText.Of(e))]);
                var one = new JsonObject { ["first"] = set.Raters[pairs[p].First], ["second"] = set.Raters[pairs[p].Second], ["items"] = items };
                for (var n = 0; n < names.Length; n++) one[names[n]] = MetaText.Json(mine[n]);
                list.Add((JsonNode)one);
            }

            _parts.Add(new CheckPart { Heading = "Two at a time", Table = table.Done() });
            json["pairs"] = list;
        }

        private IAgreement Measure(string name, int first, int second) => name switch
        {
            "kappa" => new CohenKappa(set.Table, first, second),
            "kappa_linear" => new CohenKappa(set.Table, first, second, KappaWeights.Linear),
            "kappa_quadratic" => new CohenKappa(set.Table, first, second, KappaWeights.Quadratic),
            "pearson" => new Correlation(set.Table, first, second, CorrelationKind.Pearson),
            "spearman" => new Correlation(set.Table, first, second, CorrelationKind.Spearman),
            _ => new Correlation(set.Table, first, second, CorrelationKind.KendallTauB),
        };

        private void Judges(int[] annotators, int[] judges, JsonObject json)
        {
            var (likeness, own) = HumanLikeness.Of(set.Table, annotators, judges, weights, options);
            var table = new MetaTable("judge", "mean κ with annotators", "less theirs", "z", "accuracy against majority", "macro P", "macro R", "macro F1");
            var list = new JsonObject();
            for (var j = 0; j < judges.Length; j++)
            {
                var (one, match) = (likeness[j], MajorityMatch.Of(set.Table, judges[j], annotators, options));
                var name = set.Raters[judges[j]];
                table.Row(
                    name, MetaText.Of(one.Kappa), MetaText.Of(one.Difference), MetaText.Of(one.Z, 2), MetaText.Of(match.Accuracy),
                    MetaText.Number(match.MacroPrecision.Value), MetaText.Number(match.MacroRecall.Value), MetaText.Number(match.MacroF1.Value));
                list[name] = new JsonObject
                {
                    ["kappa"] = MetaText.Json(one.Kappa),
                    ["difference"] = MetaText.Json(one.Difference),
                    ["z"] = MetaText.Json(one.Z),
                    ["verdict"] = Text(one.Verdict),
                    ["accuracy"] = MetaText.Json(match.Accuracy),
                    ["macro_precision"] = MetaText.Json(match.MacroPrecision),
                    ["macro_recall"] = MetaText.Json(match.MacroRecall),
                    ["macro_f1"] = MetaText.Json(match.MacroF1),
                    ["items"] = match.Items,
                    ["split_items"] = match.Split,
                };
            }

            _parts.Add(new CheckPart
            {
                Heading = "Judges beside annotators",
                Chart = new IntervalChart([
                    .. annotators.Select((a, k) => new IntervalRow(set.Raters[a], own[k], double.NaN, double.NaN, "annotator")),
                    .. judges.Select((r, k) => new IntervalRow(set.Raters[r], likeness[k].Kappa.Value, likeness[k].Kappa.Lower, likeness[k].Kappa.Upper, "judge")),
                ])
                {
                    Title = "Mean κ with the annotators (an annotator's: with the others)",
                    XLabel = "κ, 95% interval",
                    YLabel = "rater",
                },
                Table = table.Done(),
                Sentences = [.. judges.Select((r, k) => $"{set.Raters[r]}: {Sentence(likeness[k], annotators.Length)}")],
            });
            var people = new JsonObject();
            for (var a = 0; a < annotators.Length; a++) people[set.Raters[annotators[a]]] = MetaText.Json(own[a]);
            json["annotator_kappa"] = people;
            json["judges"] = list;
        }

        private static string Text(HumanLikenessVerdict verdict) => verdict switch
        {
            HumanLikenessVerdict.HumanLike => "human-like",
            HumanLikenessVerdict.SuperConsistent => "super-consistent",
            HumanLikenessVerdict.BelowHuman => "below human",
            _ => "no verdict",
        };

        private static string Sentence(HumanLikeness one, int annotators) => one.Verdict switch
        {
            HumanLikenessVerdict.HumanLike => "human-like: its agreement with the annotators lies within one standard deviation of theirs with one another.",
            HumanLikenessVerdict.SuperConsistent => "super-consistent: it agrees with the annotators more than they do with one another, by more than one standard deviation.",
            HumanLikenessVerdict.BelowHuman => "below human: it agrees with the annotators less than they do with one another, by more than one standard deviation.",
            _ when annotators < HumanLikeness.LeastAnnotators => string.Create(
                CultureInfo.InvariantCulture,
                $"no verdict from {annotators} annotators (it takes {HumanLikeness.LeastAnnotators}); {(one.Difference.Upper < 0 ? "it agrees with them less than they do with one another" : one.Difference.Lower > 0 ? "it agrees with them more than they do with one another" : "whether it agrees with them less or more than they do with one another is open")} ({MetaText.Of(one.Difference)})."),
            _ => "no verdict: the annotators' agreement does not vary, or is not defined.",
        };
    }
}
