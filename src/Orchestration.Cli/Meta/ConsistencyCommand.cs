using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Meta.Live;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.MetaEvaluation.Biases;
using Orchestration.Core.MetaEvaluation.Consistency;
using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta consistency</c>: whether judges say the same when nothing changes that should matter.</summary>
internal static class ConsistencyCommand
{
    public static Command Create(CliContext context)
    {
        var shared = new MetaOptions("--verdicts", "Recorded verdicts.jsonl: order; several files are the same judges asked again.", 1000, isRequired: false);
        var live = new LiveOptions("Files of pairs or of comparisons. Of pairs, judges that compare are shown every two answers to a prompt.");
        var results = new Option<string[]>("--results") { Description = "Recorded results.jsonl, two or more of the same pairs: the same judges asked again.", AllowMultipleArgumentsPerToken = true };
        var repeats = new Option<int>("--repeats") { Description = "How often the same is asked in all; 1 for no repeats.", DefaultValueFactory = _ => 3 };
        var most = new Option<int>("--max-answers") { Description = "Of pairs: answers to a prompt that are compared with one another, at most; three make a cycle.", DefaultValueFactory = _ => 4 };
        var reworded = new Option<string[]>("--reworded") { Description = "RUBRIC=FILE: the rubric in other words, in the place of the built-in rewordings.", AllowMultipleArgumentsPerToken = true };
        var probes = new Option<string[]>("--probes") { Description = "These only: order (with cycles), repeat, rubric, question, surface. Default: all.", AllowMultipleArgumentsPerToken = true };
        var scale = new Option<string[]>("--scale") { Description = "With --results: scale of a judge, NAME=MIN..MAX, ':lower' behind it where lower is better; '*' for all others.", AllowMultipleArgumentsPerToken = true };
        var command = new Command("consistency", "Whether judges say the same in the other order, in circles of three, asked again, with rubric or question in other words, and with white space, line ends and the like changed.") { results, repeats, most, reworded, probes, scale };
        live.AddTo(command);
        shared.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var wanted = Wanted(parsed.GetValue(probes) ?? []);
            var times = MetaOptions.Within("--repeats", parsed.GetValue(repeats), 1, 100);
            var answers = MetaOptions.Within("--max-answers", parsed.GetValue(most), 2, 50);
            var options = shared.Bootstrap(parsed, cancellationToken);
            string[] recorded = [.. shared.Files(parsed), .. parsed.GetValue(results) ?? []];
            ConsistencyOutcome outcome;
            var facts = shared.Facts(parsed);
            if (live.IsLive(parsed, "--verdicts or --results", recorded.Length != 0))
            {
                var given = parsed.GetValue(reworded) ?? [];
                var settings = live.Read(parsed, context, "consistency", [.. wanted.Select(ConsistencyReport.Name), .. given, times.ToString(CultureInfo.InvariantCulture), answers.ToString(CultureInfo.InvariantCulture), options.Seed.ToString(CultureInfo.InvariantCulture)]);
                facts = JudgeBenchCommand.LiveFacts(settings, options);
                var read = ProbeItems.Read(new() { Files = settings.Files, RejectsPath = shared.Input(parsed, context).RejectsPath }, cancellationToken);
                await MetaText.RejectsAsync(context, read.Report);
                var config = OrchestrationConfig.Load(settings.Config);
                var variants = wanted.Contains(ConsistencyProbe.Rubric) ? RubricVariants.Write(JudgeCatalog.RubricsOf(config), settings, given) : new RubricVariants(null, [], []);
                await using var host = await EmbeddedHost.OpenAsync(context, settings.Config, settings.Store, cancellationToken, variants.Folder is { } folder ? [folder] : null);
                var (judges, leftOut) = LiveJudges.Resolve(host.Catalog(settings.Concurrency), settings.Judges);
                leftOut.AddRange(variants.LeftOut);
                var plan = new Plan(judges, leftOut, wanted, times, variants);
                plan.Steps(read.Sample(settings.Sample, options.Seed), answers, options.Seed);
                LiveJudges.RequireAny(judges, leftOut);
                await LiveRun.SayLeftOutAsync(context, leftOut);
                var run = new LiveRun(context, host, settings);
                if (await run.RunAsync(plan.All, shared.Json(parsed), cancellationToken) is { } status) return status;
                var study = new ConsistencyStudy(run.Judged(), options);
                plan.AddTo(study, run.Judged());
                outcome = study.Outcome(leftOut);
            }
            else
            {
                outcome = Recorded(recorded, parsed.GetValue(scale) ?? [], options);
            }

            await context.TellAsync(Check(outcome, facts), shared.Html(parsed), shared.Json(parsed), cancellationToken);
            return ExitStatus.Completed;
        });
        return command;
    }

    private static CheckResult Check(ConsistencyOutcome outcome, IReadOnlyList<CheckFact> facts)
    {
        List<CheckPart> parts = [];
        if (outcome.Lines.Count != 0) parts.Add(new CheckPart { Table = ConsistencyReport.Table(outcome) });
        if (outcome.Cycles.Count != 0) parts.Add(new CheckPart { Heading = "Circles of three answers", Table = ConsistencyReport.Cycles(outcome) });
        return new CheckResult(
            new CheckSection
            {
                Check = "consistency",
                Title = "Whether judges agree with themselves",
                Headline = ConsistencyReport.Headline(outcome),
                Measured = [.. facts, .. outcome.LeftOut.Select(static left => new CheckFact("left out: " + left.Judge, left.Reason))],
                Parts = parts,
                Meaning = outcome.Meaning,
                DoesNotMean = "A judge that always says the same can be always wrong: this says how steady it is, and nothing of how right.",
            },
            JsonNode.Parse(ConsistencyReport.Json(outcome))!.AsObject());
    }

    private static ConsistencyProbe[] Wanted(string[] texts)
    {
        string[] names = [.. texts.SelectMany(static t => MetaOptions.Split(t))];
        var all = Enum.GetValues<ConsistencyProbe>();
        if (names.FirstOrDefault(n => all.All(p => ConsistencyReport.Name(p) != n)) is { } unknown)
            throw new OrchestrationException(ErrorCodes.Usage, $"--probes {unknown}: there is no such probe. Known: {string.Join(", ", all.Select(ConsistencyReport.Name))}.");
        return names.Length == 0 ? all : [.. all.Where(p => names.Contains(ConsistencyReport.Name(p)))];
    }

    private static ConsistencyOutcome Recorded(string[] files, string[] scales, Learning.Intervals.BootstrapOptions options)
    {
        var stated = new RecordedScales(SweepRunSettings.ParseScales(scales), OrchestrationConfig.Empty.JudgeScales, JudgeCatalog.RubricsOf(OrchestrationConfig.Empty));
        var again = new HashSet<string>(StringComparer.Ordinal);
        var rows = RecordedRuns.Read(files, stated, (read, file, place) => read.Add(file, columnSuffix: place == 0 ? "" : Suffix(place)));
        for (var place = 1; place < files.Length; place++) again.UnionWith(rows.Judges.Where(j => j.EndsWith(Suffix(place), StringComparison.Ordinal)));
        var study = new ConsistencyStudy(rows, options);
        foreach (var judge in rows.Judges.Where(j => !again.Contains(j)))
            study.Add(new ConsistencyJudge(judge, [.. Enumerable.Range(1, files.Length - 1).Select(place => judge + Suffix(place)).Where(rows.Judges.Contains)], []), rows.Items, []);
        var outcome = study.Outcome([]);
        return outcome.Lines.Count != 0 ? outcome : throw new OrchestrationException(ErrorCodes.Input, "These files say nothing of consistency: verdicts are in both orders, and results of pairs need a second file of the same judges and ids (--results FIRST SECOND).");
    }

    private static string Suffix(int place) => string.Create(CultureInfo.InvariantCulture, $" (run {place + 1})");

    /// <summary>Who is asked what: rows as they are by every form of a judge, changed rows by the judge as it is.</summary>
    private sealed class Plan(List<LiveJudge> judges, List<LeftOutJudge> leftOut, ConsistencyProbe[] wanted, int times, RubricVariants variants)
    {
        private readonly List<(LiveJudge Judge, ConsistencyProbes Probes)> _asked = [];

        public List<LiveStep> All { get; } = [];

        public void Steps(IReadOnlyList<ProbeItem> items, int most, ulong seed)
        {
            var comparers = judges.Where(static j => j.Descriptor.ComparesDirectly).ToArray();
            var scorers = judges.Except(comparers).ToArray();
            if (items[0].IsComparison) Add("comparisons", DataKind.Comparisons, items, judges, false, seed);
            else
            {
                if (scorers.Length != 0) Add("pairs", DataKind.Pairs, items, scorers, false, seed);
                var comparisons = comparers.Length == 0 ? [] : ConsistencyProbes.ComparisonsOf(items, most, seed);
                if (comparisons.Count != 0) Add("comparisons", DataKind.Comparisons, comparisons, comparers, true, seed);
                foreach (var judge in comparisons.Count != 0 ? [] : comparers)
                {
                    judges.Remove(judge);
                    leftOut.Add(new LeftOutJudge(judge.Spec, "it compares two answers, and no prompt of the data has two"));
                }
            }

            foreach (var judge in judges)
            {
                var reason = !judge.Descriptor.IsPaid ? "computed: asked again, it says the same"
                    : judge.IsSampled ? "it is a mean of samples already"
                    : judge.IsPlain ? null : "only a language model by itself can be asked again at an address of its own";
                if (wanted.Contains(ConsistencyProbe.Repeat) && times > 1 && reason is not null) leftOut.Add(new LeftOutJudge($"{judge.Spec} (repeat)", reason));
                if (wanted.Contains(ConsistencyProbe.Rubric) && judge is { IsPlain: false }) leftOut.Add(new LeftOutJudge($"{judge.Spec} (rubric)", "it has no rubric of its own to put in other words"));
            }
        }

        public void AddTo(ConsistencyStudy study, JudgedRows rows)
        {
            foreach (var (judge, probes) in _asked)
            {
                foreach (var column in judge.Columns.Where(rows.Judges.Contains))
                {
                    study.Add(
                        new ConsistencyJudge(
                            column,
                            [.. Repeats(judge).Select(spec => judge.ColumnOf(spec, column))],
                            [.. Reworded(judge).Select(r => (r.Variant, judge.ColumnOf(r.Spec, column)))]),
                        probes.Base, [.. probes.Variants.Where(v => wanted.Contains(v.Probe))]);
                }
            }
        }

        private void Add(string name, DataKind kind, IReadOnlyList<ProbeItem> items, IReadOnlyCollection<LiveJudge> asked, bool onePerPrompt, ulong seed)
        {
            var probes = ConsistencyProbes.Of(items, onePerPrompt, seed);
            All.Add(new LiveStep(name, kind, probes.Base, [.. LiveJudges.Specs(asked), .. asked.SelectMany(Repeats), .. asked.SelectMany(j => Reworded(j).Select(static r => r.Spec))]));
            var taken = probes.Variants.Where(v => wanted.Contains(v.Probe)).Select(static v => v.VariantId).ToHashSet(StringComparer.Ordinal);
            if (taken.Count != 0) All.Add(new LiveStep($"{name}-changed", kind, [.. probes.Changed.Where(c => taken.Contains(c.Id))], [.. LiveJudges.Specs(asked)]));
            _asked.AddRange(asked.Select(judge => (judge, probes)));
        }

        private IEnumerable<string> Repeats(LiveJudge judge) => wanted.Contains(ConsistencyProbe.Repeat) && judge is { IsPlain: true, IsSampled: false }
            ? Enumerable.Range(1, times - 1).Select(k => judge.With(string.Create(CultureInfo.InvariantCulture, $"repeat={k}")))
            : [];

        private IEnumerable<(string Variant, string Spec)> Reworded(LiveJudge judge) => judge is { IsPlain: true, Rubric: { } rubric }
            ? variants.Of(rubric).Select(v => (v.Variant, judge.ByRubric(v.Id)))
            : [];
    }
}
