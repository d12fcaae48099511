using System.CommandLine;
using System.Text.Json.Nodes;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Meta.Live;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Code;
using Orchestration.Core.MetaEvaluation.Biases;
using Orchestration.Core.MetaEvaluation.Kept;
using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Reports.Charts;
using Orchestration.Core.Sweeps;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta bias</c>: what moves judges and should not, and what helps against it.</summary>
internal static class BiasCommand
{
    public static Command Create(CliContext context)
    {
        var shared = new MetaOptions("--verdicts", "Recorded verdicts.jsonl: preference for a place.", 1000, isRequired: false);
        var live = new LiveOptions("Files of pairs or of comparisons; judges are asked them before and after biases are injected.");
        var results = new Option<string[]>("--results") { Description = "Recorded results.jsonl with 'source' (and 'target'): preference for the own family's answers.", AllowMultipleArgumentsPerToken = true };
        var biases = new Option<string[]>("--biases") { Description = $"These only: {string.Join(", ", BiasCatalog.Ids)}. Default: all.", AllowMultipleArgumentsPerToken = true };
        var own = new Option<string[]>("--own") { Description = "JUDGE=SOURCE,SOURCE: whose answers are the judge's own. Default: the family by the names of models.", AllowMultipleArgumentsPerToken = true };
        var noRevision = new Option<bool>("--no-revision") { Description = "Do not ask judges to revise their judgments, which takes up to as many calls again." };
        var scale = new Option<string[]>("--scale") { Description = "With --results: scale of a judge, NAME=MIN..MAX, ':lower' behind it where lower is better; '*' for all others.", AllowMultipleArgumentsPerToken = true };
        var targetScale = new Option<string?>("--target-scale") { Description = "Scale of the human scores of pairs, MIN..MAX. Default: the range of the data." };
        var command = new Command("bias", "What moves judges and should not: biases injected into pairs or comparisons, each against a control; position; the own family's answers. And what helps: both orders, length control, revision.") { results, biases, own, noRevision, scale, targetScale };
        live.AddTo(command);
        shared.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var wanted = Wanted(parsed.GetValue(biases) ?? []);
            var owners = Owners(parsed.GetValue(own) ?? []);
            var recorded = parsed.GetValue(results) ?? [];
            (double, double)? range = parsed.GetValue(targetScale) is { } text && SweepRunSettings.ParseScales(["target=" + text])["target"] is var stated ? (stated.Min, stated.Max) : null;
            var options = shared.Bootstrap(parsed, cancellationToken);
            BiasOutcome outcome;
            var facts = shared.Facts(parsed);
            if (live.IsLive(parsed, "--verdicts or --results", recorded.Length != 0 || shared.Files(parsed).Count != 0))
            {
                var settings = live.Read(parsed, context, "bias", [.. wanted, parsed.GetValue(noRevision) ? "no revision" : "revision", options.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
                facts = JudgeBenchCommand.LiveFacts(settings, options);
                var items = ProbeItems.Read(new() { Files = settings.Files, RejectsPath = shared.Input(parsed, context).RejectsPath }, cancellationToken);
                await MetaText.RejectsAsync(context, items.Report);
                await using var host = await EmbeddedHost.OpenAsync(context, settings.Config, settings.Store, cancellationToken);
                var (judges, leftOut) = Taking(LiveJudges.Resolve(host.Catalog(settings.Concurrency), settings.Judges), items.Kind);
                LiveJudges.RequireAny(judges, leftOut);
                await LiveRun.SayLeftOutAsync(context, leftOut);
                var revised = parsed.GetValue(noRevision) ? [] : judges.Where(static j => j.IsPlain).ToArray();
                var probes = BiasProbes.Of(items.Sample(settings.Sample, options.Seed), [.. BiasCatalog.Injected.Where(b => wanted.Contains(b.Id))], options.Seed, range);
                var run = new LiveRun(context, host, settings);
                var step = new LiveStep("rows", items.Kind, probes.Rows, [.. LiveJudges.Specs(judges), .. revised.Select(static j => j.With("revise"))]);
                if (await run.RunAsync([step], shared.Json(parsed), cancellationToken) is { } status) return status;
                var rows = run.Judged();
                var asked = judges.SelectMany(j => j.Columns.Where(c => rows.Judges.Contains(c)).Select(c => Judge(host.Config, j, c, revised.Contains(j), owners))).ToArray();
                outcome = BiasStudy.Run(probes, rows, asked, leftOut, wanted, options);
                await KeepAsync(context, host, settings, outcome, cancellationToken);
            }
            else
            {
                var rows = Recorded([.. shared.Files(parsed), .. recorded], parsed.GetValue(scale) ?? []);
                var asked = rows.Judges.Select(name => new BiasJudge(name, null, false, FamilyOf(name), owners.GetValueOrDefault(name) ?? [])).ToArray();
                outcome = BiasStudy.Run(BiasProbes.Of(rows.Items, [], options.Seed, range), rows, asked, [], wanted, options);
                if (outcome.Lines.Count == 0) throw new OrchestrationException(ErrorCodes.Input, "These files say nothing of a bias: verdicts in both orders show preference for a place; results need 'source', a scale for each judge (--scale), human scores ('target') or judges of several families, and answers of the judge's own family (--own JUDGE=SOURCE).");
            }

            await context.TellAsync(Check(outcome, facts), shared.Html(parsed), shared.Json(parsed), cancellationToken);
            return ExitStatus.Completed;
        });
        return command;
    }

    /// <summary>Keeps what judges said under this command in the place of what they said before, for those who look at the dashboard.</summary>
    private static async Task KeepAsync(CliContext context, EmbeddedHost host, LiveSettings settings, BiasOutcome outcome, CancellationToken cancellationToken)
    {
        var key = PairHash.Of("check", "bias", Path.GetFullPath(settings.Folder)).ToString();
        await host.Store.Checks.KeepAsync(new KeptCheck(key, "bias", context.Time.GetUtcNow(), SweepDefinition.ProductVersion, BiasReport.Json(outcome)), cancellationToken);
        await context.Error.WriteLineAsync("kept in the store: the dashboard's page of judges shows it");
    }

    private static CheckResult Check(BiasOutcome outcome, IReadOnlyList<CheckFact> facts)
    {
        var sure = outcome.Lines.Where(static l => l.IsSure).ToArray();
        var measured = outcome.Lines.Where(static l => !double.IsNaN(l.Shift.Value) && !double.IsNaN(l.Shift.Lower)).ToArray();
        List<CheckPart> parts = [new() { Table = BiasReport.Table(outcome), Chart = measured.Length == 0 ? null : Shifts(measured) }];
        if (outcome.Lines.Any(static l => l.Mitigations.Count != 0)) parts.Add(new CheckPart { Heading = "What helps", Table = BiasReport.Mitigations(outcome) });
        return new CheckResult(
            new CheckSection
            {
                Check = "bias",
                Title = "What moves judges and should not",
                Headline = sure.Length == 0
                    ? "No bias is told from chance on these prompts, corrected for how many were looked at."
                    : $"Surely moved, corrected for how many were looked at: {string.Join("; ", sure.GroupBy(static l => l.Judge, StringComparer.Ordinal).Select(static g => $"{g.Key} by {string.Join(", ", g.Select(static l => l.Bias).Distinct(StringComparer.Ordinal))}"))}.",
                Measured =
                [
                    .. facts, new("rows", MetaText.Number(outcome.Items, 0)), new("prompts", MetaText.Number(outcome.Prompts, 0)),
                    .. outcome.LeftOut.Select(static left => new CheckFact("left out: " + left.Judge, left.Reason)),
                ],
                Parts = parts,
                Meaning = outcome.Meaning,
                DoesNotMean = "A bias that is not found here may be there in other words, or on other prompts. A shift says that the judge is moved; it does not say which of the two judgments was right.",
            },
            JsonNode.Parse(BiasReport.Json(outcome))!.AsObject());
    }

    private static IntervalChart Shifts(BiasLine[] lines) =>
        new([.. lines.Select(static l => new IntervalRow(l.Judge, l.Shift.Value, l.Shift.Lower, l.Shift.Upper, l.Bias))])
        {
            Title = "Shift of each judge by each bias against its control, 95% intervals by prompt",
            XLabel = "shift",
            YLabel = "judge and bias",
            Reference = 0,
        };

    private static string[] Wanted(string[] texts)
    {
        string[] names = [.. texts.SelectMany(static t => MetaOptions.Split(t))];
        if (names.FirstOrDefault(static n => !BiasCatalog.Ids.Contains(n)) is { } unknown)
            throw new OrchestrationException(ErrorCodes.Usage, $"--biases {unknown}: there is no such bias. Known: {string.Join(", ", BiasCatalog.Ids)}.");
        return names.Length == 0 ? [.. BiasCatalog.Ids] : [.. BiasCatalog.Ids.Where(names.Contains)];
    }

    private static Dictionary<string, string[]> Owners(string[] texts)
    {
        var owners = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || MetaOptions.Split(text[(at + 1)..]) is not { Length: > 0 } sources) throw new OrchestrationException(ErrorCodes.Usage, $"--own {text}: write the judge, '=', and the sources that are its own, such as --own helpfulness@gpt=gpt-4o,gpt-4.");
            owners[text[..at]] = sources;
        }

        return owners;
    }

    private static (List<LiveJudge> Judges, List<LeftOutJudge> LeftOut) Taking((List<LiveJudge> Judges, List<LeftOutJudge> LeftOut) all, DataKind kind)
    {
        foreach (var judge in all.Judges.Where(j => kind == DataKind.Pairs && j.Descriptor.ComparesDirectly).ToArray())
        {
            all.Judges.Remove(judge);
            all.LeftOut.Add(new LeftOutJudge(judge.Spec, "it compares two answers, and the data holds pairs; give it comparisons"));
        }

        return all;
    }

    private static BiasJudge Judge(OrchestrationConfig config, LiveJudge judge, string column, bool isRevised, Dictionary<string, string[]> owners)
    {
        var readsReference = judge.Descriptor.Kind == JudgeKind.Code ? CodeJudges.Find(column)?.NeedsReference == true : judge.Descriptor.NeedsReference;
        var family = judge.Deployment is { } deployment ? SelfPreference.FamilyOf(config.Deployment(deployment).Model.Name) : null;
        return new BiasJudge(column, isRevised ? judge.ColumnOf(judge.With("revise"), column) : null, readsReference, family, owners.GetValueOrDefault(column) ?? owners.GetValueOrDefault(judge.Spec) ?? []);
    }

    private static JudgedRows Recorded(string[] files, string[] scales)
    {
        var stated = new RecordedScales(SweepRunSettings.ParseScales(scales), OrchestrationConfig.Empty.JudgeScales, JudgeCatalog.RubricsOf(OrchestrationConfig.Empty));
        return RecordedRuns.Read(files, stated, static (rows, file, _) => rows.Add(file, BiasProbes.Before("")));
    }

    // A recorded judge is named rubric@deployment, and deployments mostly by their models.
    private static string? FamilyOf(string judge)
    {
        var at = judge.LastIndexOf('@');
        var model = at < 0 ? "" : judge[(at + 1)..].Split('/')[0];
        return model.Length == 0 ? null : SelfPreference.FamilyOf(model);
    }
}
