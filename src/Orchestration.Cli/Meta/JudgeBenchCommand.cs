using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Sweeps;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Statistics;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta judgebench</c>: recorded verdicts in both orders against labels, as JudgeBench defines it.</summary>
internal static class JudgeBenchCommand
{
    public static Command Create(CliContext context)
    {
        var shared = new MetaOptions("--verdicts", "Files of verdicts.jsonl ('compare run' writes it, for any comparison rubric), or JudgeBench's own output files: JSON lines or CSV, gzip too.", 1000);
        var command = new Command("judgebench", "Accuracy of judges on labelled comparisons judged in both orders: ties, unreadable replies, inconsistency, preference for a position, by category.");
        shared.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var recorded = RecordedVerdicts.Read(shared.Input(parsed, context), cancellationToken);
            await MetaText.RejectsAsync(context, recorded.Report);
            var options = shared.Bootstrap(parsed, cancellationToken);
            var judges = recorded.Judges.Select((name, j) => new Judge(recorded, name, j, options)).OrderByDescending(static j => j.Tally.HalfTieAccuracy).ToArray();
            context.Tables().Write(Overall(judges));
            context.Tables().Write(Categories(judges));
            foreach (var line in Sentences(recorded, judges)) await context.Out.WriteLineAsync(line);
            if (shared.Json(parsed)) await context.Out.WriteLineAsync(MetaText.ToLine(Json(recorded, judges)));
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Spectre.Console.Table Overall(Judge[] judges)
    {
        var table = MetaText.Table("judge", "accuracy [95%]", "ties half", "correct", "incorrect", "ties", "unreadable", "inconsistent", "opposite", "prefers position");
        foreach (var judge in judges)
        {
            var tally = judge.Tally;
            MetaText.Row(
                table, judge.Name, $"{MetaText.Percent(tally.Accuracy)} [{MetaText.Percent(judge.Strict.Lower)}, {MetaText.Percent(judge.Strict.Upper)}]", MetaText.Percent(tally.HalfTieAccuracy),
                MetaText.Number(tally.Correct, 0), MetaText.Number(tally.Incorrect, 0), MetaText.Number(tally.Ties, 0), MetaText.Number(tally.Unreadable, 0),
                MetaText.Number(tally.Inconsistent, 0), MetaText.Number(tally.Opposite, 0), Position(tally));
        }

        return table;
    }

    private static string Position(VerdictTally tally) => tally.Opposite == 0 ? ""
        : string.Create(CultureInfo.InvariantCulture, $"first {tally.FirstTwice}, second {tally.SecondTwice}");

    private static Spectre.Console.Table Categories(Judge[] judges)
    {
        var categories = judges.SelectMany(static j => j.Tally.ByCategory.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        var table = MetaText.Table("accuracy by category", categories);
        foreach (var judge in judges) MetaText.Row(table, [judge.Name, .. categories.Select(c => judge.Tally.ByCategory.TryGetValue(c, out var tally) ? MetaText.Percent(tally.Accuracy) : "")]);
        return table;
    }

    private static IEnumerable<string> Sentences(RecordedVerdicts recorded, Judge[] judges)
    {
        var first = judges[0].Tally;
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{recorded.Count:N0} comparisons of {recorded.Prompts:N0} prompts, {first.Labelled:N0} with a label{(first.TieLabels == 0 ? "" : $" ({first.TieLabels:N0} more are labelled as ties and take no part)")}: accuracy is the share where both orders together prefer the right answer, a tie not being right; guessing has 50% with ties as half.");
        foreach (var judge in judges)
        {
            var tally = judge.Tally;
            if (judge.HalfTie.Lower <= 0.5 && judge.HalfTie.Upper >= 0.5 && tally.Labelled != 0) yield return $"{judge.Name} is not told from guessing ({MetaText.Percent(judge.HalfTie.Lower)} to {MetaText.Percent(judge.HalfTie.Upper)} with ties as half).";
            var sided = WilsonInterval.Of(tally.FirstTwice, tally.Opposite);
            if (tally.Opposite != 0 && (sided.Lower > 0.5 || sided.Upper < 0.5))
                yield return string.Create(CultureInfo.InvariantCulture, $"{judge.Name} prefers the answer shown {(sided.Lower > 0.5 ? "first" : "second")}: {Math.Max(tally.FirstTwice, tally.SecondTwice)} of its {tally.Opposite} contradictions go that way.");
        }
    }

    private static JsonObject Json(RecordedVerdicts recorded, Judge[] judges)
    {
        var all = new JsonObject();
        foreach (var judge in judges)
        {
            var json = Json(judge.Tally);
            json["interval"] = new JsonArray(MetaText.Json(judge.Strict.Lower), MetaText.Json(judge.Strict.Upper));
            json["half_tie_interval"] = new JsonArray(MetaText.Json(judge.HalfTie.Lower), MetaText.Json(judge.HalfTie.Upper));
            var categories = new JsonObject();
            foreach (var (category, tally) in judge.Tally.ByCategory) categories[category] = Json(tally);
            json["by_category"] = categories;
            all[judge.Name] = json;
        }

        return new JsonObject { ["comparisons"] = recorded.Count, ["prompts"] = recorded.Prompts, ["judges"] = all, ["rejected"] = recorded.Report.Rejected };
    }

    private static JsonObject Json(VerdictTally tally) => new()
    {
        ["accuracy"] = MetaText.Json(tally.Accuracy),
        ["half_tie_accuracy"] = MetaText.Json(tally.HalfTieAccuracy),
        ["labelled"] = tally.Labelled,
        ["correct"] = tally.Correct,
        ["incorrect"] = tally.Incorrect,
        ["ties"] = tally.Ties,
        ["unreadable"] = tally.Unreadable,
        ["inconsistent"] = tally.Inconsistent,
        ["opposite"] = tally.Opposite,
        ["first_twice"] = tally.FirstTwice,
        ["second_twice"] = tally.SecondTwice,
        ["position_preference"] = MetaText.Json(tally.PositionPreference),
    };

    /// <summary>A judge with its tally and 95% bounds: Wilson's where every comparison has a prompt of its own, else by a bootstrap over prompts.</summary>
    private sealed class Judge
    {
        public Judge(RecordedVerdicts recorded, string name, int index, BootstrapOptions options)
        {
            (Name, Tally) = (name, recorded.TallyOf(index));
            Strict = Bounds(recorded.CreditsOf(index, halfTie: false), options, counts: true);
            HalfTie = Bounds(recorded.CreditsOf(index, halfTie: true), options, counts: false);
        }

        public string Name { get; }

        public VerdictTally Tally { get; }

        public (double Lower, double Upper) Strict { get; }

        public (double Lower, double Upper) HalfTie { get; }

        private static (double, double) Bounds((double[] Credits, int[] Groups) rows, BootstrapOptions options, bool counts)
        {
            if (rows.Credits.Length == 0) return (double.NaN, double.NaN);
            var prompts = rows.Groups.Max() + 1;
            if (counts && prompts == rows.Credits.Length)
            {
                var wilson = WilsonInterval.Of((long)rows.Credits.Sum(), rows.Credits.Length);
                return (wilson.Lower, wilson.Upper);
            }

            var estimate = GroupBootstrap.Of(prompts, 1, (drawn, values) =>
            {
                var (sum, total) = (0.0, 0.0);
                for (var i = 0; i < rows.Credits.Length; i++) (sum, total) = (sum + drawn[rows.Groups[i]] * rows.Credits[i], total + drawn[rows.Groups[i]]);
                values[0] = sum / total;
            }, options)[0];
            return (estimate.Lower, estimate.Upper);
        }
    }
}
