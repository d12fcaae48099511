using Orchestration.Cli.Hosting;
using Orchestration.Core;
using Orchestration.Core.Judging.Solving;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.MetaEvaluation.Biases;
using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Learning.Intervals;

namespace Orchestration.Cli.Meta.Live;

/// <summary>Asks judges labelled comparisons, and their models the questions themselves.</summary>
internal sealed class JudgeBenchRun(CliContext context, LiveSettings settings, BootstrapOptions options)
{
    /// <summary>The file of verdicts, once they are there.</summary>
    public string? Verdicts { get; private set; }

    /// <summary>Judges beside their models as solvers.</summary>
    public IReadOnlyList<SolverLine> Solved { get; private set; } = [];

    /// <summary>Asks.</summary>
    /// <returns>Null where all was asked, or the exit status to end with.</returns>
    public async Task<int?> RunAsync(bool solve, bool json, string? rejects, CancellationToken cancellationToken)
    {
        var read = ProbeItems.Read(new() { Files = settings.Files, RejectsPath = rejects }, cancellationToken);
        await MetaText.RejectsAsync(context, read.Report);
        if (read.Kind != DataKind.Comparisons) throw new OrchestrationException(ErrorCodes.Input, $"{settings.Files[0]} holds pairs, and judgebench needs labelled comparisons: {{id, prompt, answer_a, answer_b, label}}.");
        var items = read.Sample(settings.Sample, options.Seed);
        await using var host = await EmbeddedHost.OpenAsync(context, settings.Config, settings.Store, cancellationToken);
        var (judges, leftOut) = LiveJudges.Resolve(host.Catalog(settings.Concurrency), settings.Judges);
        LiveJudges.RequireAny(judges, leftOut);
        var run = new LiveRun(context, host, settings);
        var steps = new List<LiveStep> { new("comparisons", DataKind.Comparisons, items, [.. LiveJudges.Specs(judges)]) };
        var (questions, notCheckable) = solve ? SolverComparison.Questions(items) : ([], 0);
        var solvers = judges.Where(static j => j.Deployment is not null && j.Rubric is not null).ToArray();
        if (solve)
        {
            foreach (var judge in judges.Except(solvers)) leftOut.Add(new LeftOutJudge($"{judge.Spec} (--solve)", "no single chat model stands behind it that could answer"));
            if (questions.Count == 0) leftOut.Add(new LeftOutJudge("--solve", "of no comparison code can tell what is right: give 'reference', or answers that mark their final answer"));
            else if (solvers.Length != 0) steps.Add(new LiveStep("questions", DataKind.Pairs, questions, [.. solvers.Select(static j => SolverOf(j)).Distinct(StringComparer.Ordinal)]));
        }

        await LiveRun.SayLeftOutAsync(context, leftOut);
        if (await run.RunAsync(steps, json, cancellationToken) is { } status) return status;
        Verdicts = run.ResultsOf(steps[0]);
        if (steps.Count == 1) return null;
        var (verdicts, answers) = (new JudgedRows(), new JudgedRows());
        verdicts.Add(Verdicts);
        answers.Add(run.ResultsOf(steps[1]));
        Solved = [.. solvers.SelectMany(judge => judge.Columns.Where(verdicts.Judges.Contains).Select(column => SolverComparison.Of(column, SolverOf(judge), items, questions, notCheckable, verdicts, answers, options)))];
        return null;
    }

    private static string SolverOf(LiveJudge judge) => $"{SolverJudge.SpecName}@{judge.Deployment}";
}
