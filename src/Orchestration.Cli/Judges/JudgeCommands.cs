using System.CommandLine;
using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Code;
using Orchestration.Core.Judging.Panels;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Rubrics;
using Spectre.Console;

namespace Orchestration.Cli.Judges;

/// <summary><c>orchestrate judge list|test</c>.</summary>
internal static class JudgeCommands
{
    public static Command Create(CliContext context) => new("judge", "Who scores answers.") { List(context), Test(context) };

    private static Command List(CliContext context)
    {
        var config = SweepCommands.ConfigOption();
        var command = new Command("list", "Code judges, rubrics, deployments, panels and judge sets that --judges can name.") { config };
        command.SetAction(parsed =>
        {
            var settings = OrchestrationConfig.Load(parsed.GetValue(config));
            var code = new Table { Border = TableBorder.Simple };
            code.AddColumns("code judge", "scale", "needs", "what it scores");
            foreach (var judge in CodeJudges.All)
                code.AddRow(Markup.Escape(judge.Id), SweepTables.ScaleText(judge.Scale), judge.NeedsReference ? "reference" : "", Markup.Escape(judge.Summary));
            context.Tables().Write(code);

            var rubrics = new Table { Border = TableBorder.Simple };
            rubrics.AddColumns("rubric", "protocol", "needs", "title");
            foreach (var rubric in JudgeCatalog.RubricsOf(settings).Rubrics)
                rubrics.AddRow(Markup.Escape(rubric.Id), rubric.Protocol == RubricProtocol.Score ? "score" : "compare", Needs(rubric), Markup.Escape(rubric.Title));
            context.Tables().Write(rubrics);

            foreach (var deployment in settings.Deployments.Values)
            {
                context.Out.WriteLine(deployment.Kind == DeploymentKind.Reward
                    ? $"reward deployment {deployment.Name}: {deployment.Model.Name} at {deployment.Endpoint.Host}"
                    : $"deployment {deployment.Name}: {deployment.Model.Name} at {deployment.Endpoint.Host}; use it as RUBRIC@{deployment.Name}");
            }

            foreach (var pool in settings.Exemplars.Values)
                context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"exemplars {pool.Name}: the nearest {pool.Count} of {pool.File}; use them as RUBRIC:exemplars={pool.Name}@DEPLOYMENT"));
            foreach (var panel in settings.Panels.Values) context.Out.WriteLine(PanelText(panel));
            foreach (var (name, members) in settings.JudgeSets) context.Out.WriteLine($"judge set {name}: {string.Join(", ", members)}");
            if (settings.Deployments.Count == 0)
                context.Out.WriteLine($"no deployments: name one in {OrchestrationConfig.DefaultFileName} to judge by rubrics (docs/reference/configuration.md), or try 'orchestrate endpoint'");
            return ExitStatus.Completed;
        });
        return command;
    }

    private static string Needs(Rubric rubric)
    {
        var parts = new List<string>();
        if (rubric.Reference != MaterialUse.Never) parts.Add(rubric.Reference == MaterialUse.Required ? "reference" : "reference (optional)");
        if (rubric.Context != MaterialUse.Never) parts.Add(rubric.Context == MaterialUse.Required ? "context" : "context (optional)");
        if (rubric is { ReplyForm: ReplyForm.Checklist, Checklist: null }) parts.Add("compiling");
        return string.Join(", ", parts);
    }

    private static string PanelText(PanelConfig panel)
    {
        var members = string.Join(", ", panel.Members.Select(m => m.Profile is null ? m.Deployment : $"{m.Deployment} ({m.Profile})"));
        var form = panel.Rounds == 1 ? "a jury" : string.Create(CultureInfo.InvariantCulture, $"a debate of {panel.Rounds} rounds");
        var final = panel.Final switch
        {
            PanelFinal.Judge => $"; {panel.Closing!.Deployment} closes",
            PanelFinal.Vote => "; by vote",
            PanelFinal.Mean => "; by mean",
            _ => "",
        };
        return $"panel {panel.Name}: {panel.Rubric} by {form}: {members}{final}";
    }

    private static Command Test(CliContext context)
    {
        var spec = new Argument<string>("judge") { Description = "A judge as in --judges." };
        var config = SweepCommands.ConfigOption();
        var prompt = new Option<string>("--prompt") { Description = "What was asked.", Required = true };
        var answer = new Option<string>("--answer") { Description = "The answer to score (A of a comparison).", Required = true };
        var other = new Option<string?>("--answer-b") { Description = "Answer B, for judges that compare." };
        var reference = new Option<string?>("--reference") { Description = "A reference answer." };
        var given = new Option<string?>("--context") { Description = "What the answer had to work from." };
        var category = new Option<string?>("--category") { Description = "The prompt's category." };
        var command = new Command("test", "Asks one judge once and shows what it says. Nothing is stored.") { spec, config, prompt, answer, other, reference, given, category };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = OrchestrationConfig.Load(parsed.GetValue(config));
            var seen = new LastJudgment();
            var catalog = new JudgeCatalog(settings, JudgeCatalog.RubricsOf(settings), EmbeddedHost.DeploymentsOf(context), new JudgmentPurchases(seen, null, context.Time));
            var judge = catalog.Resolve([parsed.GetValue(spec)!]).Judges is [var only]
                ? only
                : throw new OrchestrationException(ErrorCodes.Usage, "'judge test' asks one judge that is not recorded: name a code judge, RUBRIC@DEPLOYMENT, a panel or a reward deployment.");
            if (judge is PanelJudge panel) panel.Said = statement => Write(context, panel, statement);
            var text = parsed.GetValue(prompt)!;
            JudgeReply reply;
            if (judge.Descriptor.ComparesDirectly)
            {
                var comparison = new Comparison
                {
                    Id = "test",
                    Prompt = text,
                    AnswerA = parsed.GetValue(answer)!,
                    AnswerB = parsed.GetValue(other) ?? throw new OrchestrationException(ErrorCodes.Usage, $"'{judge.Descriptor.Id}' compares two answers: add --answer-b."),
                    Reference = parsed.GetValue(reference),
                    Context = parsed.GetValue(given),
                    Category = parsed.GetValue(category),
                    Group = PairHash.Group(text),
                };
                reply = await judge.CompareAsync(new JudgeRequest<Comparison> { Items = [comparison] }, cancellationToken);
            }
            else
            {
                var pair = new Pair
                {
                    Id = "test",
                    Prompt = text,
                    Answer = parsed.GetValue(answer)!,
                    Reference = parsed.GetValue(reference),
                    Context = parsed.GetValue(given),
                    Category = parsed.GetValue(category),
                    Group = PairHash.Group(text),
                };
                reply = await judge.JudgeAsync(new JudgeRequest<Pair> { Items = [pair] }, cancellationToken);
            }

            Write(context, judge.Descriptor, reply, judge is PanelJudge ? null : seen.Detail);
            return reply.Judgments.All(j => j.IsScored) ? ExitStatus.Completed : ExitStatus.Unsatisfied;
        });
        return command;
    }

    private static void Write(CliContext context, JudgeDescriptor judge, JudgeReply reply, JudgmentDetail? detail)
    {
        for (var d = 0; d < judge.Dimensions.Count; d++)
        {
            var dimension = judge.Dimensions[d];
            var judgment = reply.Judgments[d];
            context.Out.WriteLine((judgment, judge.ComparesDirectly, dimension.Scale) switch
            {
                ({ IsScored: false }, _, _) => $"{dimension.Name}: unscored ({judgment.Reason})",
                (_, true, _) => $"{dimension.Name}: {((Preference)Math.Sign(judgment.Value)).ToText()}",
                (_, _, { } scale) => string.Create(CultureInfo.InvariantCulture, $"{dimension.Name}: {judgment.Value} on {SweepTables.ScaleText(scale)}, mapped {scale.Map(judgment.Value):0.###}"),
                _ => string.Create(CultureInfo.InvariantCulture, $"{dimension.Name}: {judgment.Value} (no stated scale)"),
            });
        }

        if (detail is not null)
        {
            if (detail.Rationale is not null) context.Out.WriteLine($"rationale: {detail.Rationale}");
            if (detail.Mass is { } mass) context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"probability on the scale: {mass:0.000}"));
            if (detail.ServedModel is not null) context.Out.WriteLine($"served by: {detail.ServedModel} {detail.Fingerprint}");
        }

        var totals = reply.Totals;
        if (totals.Calls + totals.Failures != 0)
        {
            context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{totals.Calls} calls, {totals.Failures} failed attempts, {totals.Usage.Input} tokens in ({totals.Usage.CachedInput} cached), {totals.Usage.Output} out, ${totals.CostUsd:0.00######}"));
        }
    }

    /// <summary>What one of a panel said in one round.</summary>
    private static void Write(CliContext context, PanelJudge panel, PanelStatement statement)
    {
        var who = statement.Member == 0 ? "closing judge" : string.Create(CultureInfo.InvariantCulture, $"round {statement.Round}, member {statement.Member}");
        var what = statement.Values is not { } values ? $"unscored ({statement.Reason})"
            : panel.Descriptor.ComparesDirectly ? ((Preference)Math.Sign(values[0])).ToText()
            : string.Join(", ", values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)));
        context.Out.WriteLine(statement.Rationale is null ? $"{who}: {what}" : $"{who}: {what}: {statement.Rationale.ReplaceLineEndings(" ")}");
    }

    /// <summary>Keeps nothing but the detail of what was last judged, to show it.</summary>
    private sealed class LastJudgment : IJudgmentStore
    {
        public JudgmentDetail? Detail { get; private set; }

        public ValueTask<IReadOnlyList<IReadOnlyList<double>?>> GetAsync(IReadOnlyList<JudgmentAddress> addresses, CancellationToken cancellationToken) =>
            ValueTask.FromResult<IReadOnlyList<IReadOnlyList<double>?>>(new IReadOnlyList<double>?[addresses.Count]);

        public ValueTask<StoredJudgment?> FindAsync(JudgmentAddress address, CancellationToken cancellationToken) => ValueTask.FromResult<StoredJudgment?>(null);

        public ValueTask<IReadOnlyList<IReadOnlyList<double>>> PutAsync(IReadOnlyList<StoredJudgment> judgments, CancellationToken cancellationToken)
        {
            Detail = judgments[^1].Detail; // Of a panel's it is whichever was last, and nobody asks for it.
            return ValueTask.FromResult<IReadOnlyList<IReadOnlyList<double>>>([.. judgments.Select(j => j.Values)]);
        }

        public ValueTask<long> CountAsync(CancellationToken cancellationToken) => ValueTask.FromResult(0L);
    }
}
