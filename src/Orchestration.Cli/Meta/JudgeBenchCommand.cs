using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Cli.Meta.Live;
using Orchestration.Core;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Orchestration.Core.Sweeps;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Statistics;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta judgebench</c>: recorded verdicts in both orders against labels, as JudgeBench defines it.</summary>
internal static class JudgeBenchCommand
{
    public static Command Create(CliContext context)
    {
        var shared = new MetaOptions("--verdicts", "Files of verdicts.jsonl ('compare run' writes it, for any comparison rubric), or JudgeBench's own output files: JSON lines or CSV, gzip too.", 1000, isRequired: false);
        var live = new LiveOptions("Files of labelled comparisons, JudgeBench's own too: judges are asked them in both orders.");
        var solve = new Option<bool>("--solve") { Description = "With --data: put the questions to each judge's own model too, and show its accuracy as solver beside that as judge." };
        var command = new Command("judgebench", "Accuracy of judges on labelled comparisons judged in both orders: ties, unreadable replies, inconsistency, preference for a position, by category. On recorded verdicts, or asking judges.") { solve };
        live.AddTo(command);
        shared.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = shared.Bootstrap(parsed, cancellationToken);
            var input = shared.Input(parsed, context);
            var facts = shared.Facts(parsed);
            IReadOnlyList<SolverLine> solved = [];
            if (live.IsLive(parsed, "--verdicts", input.Files.Count != 0))
            {
                var settings = live.Read(parsed, context, "judgebench", options.Seed.ToString(CultureInfo.InvariantCulture));
                var asked = new JudgeBenchRun(context, settings, options);
                if (await asked.RunAsync(parsed.GetValue(solve), shared.Json(parsed), input.RejectsPath, cancellationToken) is { } status) return status;
                input = input with { Files = [asked.Verdicts!] };
                facts = LiveFacts(settings, options);
                solved = asked.Solved;
            }
            else if (parsed.GetValue(solve)) throw new OrchestrationException(ErrorCodes.Usage, "--solve asks the judges' models: give --data with --judges, not --verdicts.");

            var recorded = RecordedVerdicts.Read(input, cancellationToken);
            await MetaText.RejectsAsync(context, recorded.Report);
            await context.TellAsync(WithSolvers(Check(recorded, facts, options), solved), shared.Html(parsed), shared.Json(parsed), cancellationToken);
            return ExitStatus.Completed;
        });
        return command;
    }

    /// <summary>Runs it.</summary>
    public static CheckResult Check(RecordedVerdicts recorded, IReadOnlyList<CheckFact> facts, BootstrapOptions options)
    {
        var judges = recorded.Judges.Select((name, j) => new Judge(recorded, name, j, options)).OrderByDescending(static j => j.Tally.HalfTieAccuracy).ToArray();
        string[] sentences = [.. Sentences(recorded, judges)];
        var section = new CheckSection
        {
            Check = "judgebench",
            Title = "Judges on labelled comparisons, in both orders",
            Headline = $"{judges[0].Name} is right on {MetaText.Percent(judges[0].Tally.HalfTieAccuracy)} with ties as half ({MetaText.Percent(judges[0].HalfTie.Lower)} to {MetaText.Percent(judges[0].HalfTie.Upper)}){(judges.Length == 1 ? "" : $", {judges[^1].Name} on {MetaText.Percent(judges[^1].Tally.HalfTieAccuracy)}")}; guessing would be on 50%.",
            Measured = [.. facts, new("comparisons", MetaText.Number(recorded.Count, 0)), new("prompts", MetaText.Number(recorded.Prompts, 0)), new("bad rows left out", MetaText.Number(recorded.Report.Rejected, 0))],
            Parts =
            [
                new CheckPart { Chart = Accuracies(judges), Table = Overall(judges) },
                new CheckPart { Table = Categories(judges), Sentences = sentences },
            ],
            DoesNotMean = "Accuracy here says how often a judge finds the labelled answer on these prompts. It says nothing of prompts of another kind, and nothing of how far apart two answers are.",
        };
        return new CheckResult(section, Json(recorded, judges)).Marked(recorded.Report.Simulated, recorded.Report.Rows);
    }

    /// <summary>What a check that asks judges was made with.</summary>
    internal static IReadOnlyList<CheckFact> LiveFacts(LiveSettings settings, BootstrapOptions options) =>
    [
        new("data", string.Join(", ", settings.Files)), new("judges asked", string.Join(", ", settings.Judges)), new("seed", options.Seed.ToString(CultureInfo.InvariantCulture)),
    ];

    private static CheckResult WithSolvers(CheckResult result, IReadOnlyList<SolverLine> solved)
    {
        if (solved.Count == 0) return result;
        var json = result.Json.DeepClone().AsObject();
        json["solvers"] = SolverReport.Json(solved);
        var part = new CheckPart { Heading = "Judges beside their own models as solvers", Table = SolverReport.Table(solved), Sentences = [.. SolverReport.Meaning(solved)] };
        return new CheckResult(result.Section with { Parts = [.. result.Section.Parts, part] }, json);
    }

    private static IntervalChart Accuracies(Judge[] judges) =>
        new([.. judges.SelectMany(static j => new[] { new IntervalRow(j.Name, j.Tally.Accuracy, j.Strict.Lower, j.Strict.Upper, "ties wrong"), new IntervalRow(j.Name, j.Tally.HalfTieAccuracy, j.HalfTie.Lower, j.HalfTie.Upper, "ties half") })])
        {
            Title = "Accuracy of each judge, 95% intervals by prompt",
            XLabel = "share right",
            YLabel = "judge",
            Reference = 0.5,
        };

    private static ReportTable Overall(Judge[] judges)
    {
        var table = new MetaTable("judge", "accuracy [95%]", "ties half", "correct", "incorrect", "ties", "unreadable", "inconsistent", "opposite", "prefers position");
        foreach (var judge in judges)
        {
            var tally = judge.Tally;
            table.Row(
                judge.Name, $"{MetaText.Percent(tally.Accuracy)} [{MetaText.Percent(judge.Strict.Lower)}, {MetaText.Percent(judge.Strict.Upper)}]", MetaText.Percent(tally.HalfTieAccuracy),
                MetaText.Number(tally.Correct, 0), MetaText.Number(tally.Incorrect, 0), MetaText.Number(tally.Ties, 0), MetaText.Number(tally.Unreadable, 0),
                MetaText.Number(tally.Inconsistent, 0), MetaText.Number(tally.Opposite, 0), Position(tally));
        }

        return table.Done();
    }

    private static string Position(VerdictTally tally) => tally.Opposite == 0 ? ""
        : string.Create(CultureInfo.InvariantCulture, $"first {tally.FirstTwice}, second {tally.SecondTwice}");

    private static ReportTable Categories(Judge[] judges)
    {
        var categories = judges.SelectMany(static j => j.Tally.ByCategory.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        var table = new MetaTable("accuracy by category", categories);
        foreach (var judge in judges) table.Row([judge.Name, .. categories.Select(c => judge.Tally.ByCategory.TryGetValue(c, out var tally) ? MetaText.Percent(tally.Accuracy) : "")]);
        return table.Done();
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
