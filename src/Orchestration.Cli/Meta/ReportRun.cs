using Orchestration.Cli.Aggregators;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.MetaEvaluation.Calibration;
using Orchestration.Core.MetaEvaluation.Diversity;
using Orchestration.Core.MetaEvaluation.Gates;
using Orchestration.Core.MetaEvaluation.Groups;
using Orchestration.Learning.Calibrating;
using Orchestration.Learning.Diversity;
using Orchestration.Learning.Ensembles;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Surrogates;

namespace Orchestration.Cli.Meta;

/// <summary>What a report is made from.</summary>
internal sealed record ReportInputs
{
    public required IReadOnlyList<string> Verdicts { get; init; }

    public required IReadOnlyList<string> Ratings { get; init; }

    public required IReadOnlyList<string> Rankings { get; init; }

    public required IReadOnlyList<string> Scores { get; init; }

    public string? Target { get; init; }

    public required IReadOnlyList<string> Judges { get; init; }

    public string? Costly { get; init; }

    public string? Policy { get; init; }

    public required IReadOnlyList<string> Probe { get; init; }

    public string? By { get; init; }

    public string? Thresholds { get; init; }

    public string? Candidate { get; init; }

    public string? Baseline { get; init; }

    public string? Group { get; init; }

    public int Resamples { get; init; }

    public ulong Seed { get; init; }

    public string? Config { get; init; }
}

/// <summary>A check that was not made.</summary>
/// <param name="Check">Its name.</param>
/// <param name="Reason">Why.</param>
/// <param name="IsWanted">True where its inputs were given: then the reason is what is wrong with them.</param>
internal sealed record Unmade(string Check, string Reason, bool IsWanted);

/// <summary>Runs the checks that inputs allow with their defaults; what cannot be made is kept with its reason, and the others go on.</summary>
internal sealed class ReportRun(CliContext context, ReportInputs inputs, CancellationToken cancellationToken)
{
    private readonly List<CheckResult> _made = [];
    private readonly List<Unmade> _notMade = [];

    public IReadOnlyList<CheckResult> Made => _made;

    public IReadOnlyList<Unmade> NotMade => _notMade;

    private BootstrapOptions Bootstrap => new() { Resamples = inputs.Resamples, Seed = inputs.Seed, MaxThreads = Environment.ProcessorCount, Cancellation = cancellationToken };

    public async Task AllAsync()
    {
        await VerdictsAsync();
        await RatingsAsync();
        await RankingsAsync();
        await ScoresAsync();
        await GateAsync();
    }

    private async Task VerdictsAsync()
    {
        if (Lacks(inputs.Verdicts.Count == 0, "--verdicts", "judgebench", "ensemble")) return;
        if (await ReadAsync(() => RecordedVerdicts.Read(Rows(inputs.Verdicts), cancellationToken), "judgebench", "ensemble") is not { } recorded) return;
        await MetaText.RejectsAsync(context, recorded.Report);
        var facts = Facts(inputs.Verdicts);
        Make("judgebench", () => JudgeBenchCommand.Check(recorded, facts, Bootstrap));
        Make("ensemble", () => EnsembleCommand.Check(recorded, facts, new EnsemblePlan { Seed = inputs.Seed, Draws = 20, MaxThreads = Environment.ProcessorCount, Cancellation = cancellationToken }));
    }

    private async Task RatingsAsync()
    {
        if (Lacks(inputs.Ratings.Count == 0, "--ratings", "agreement", "truth")) return;
        if (await ReadAsync(() => RatingSet.Read(Rows(inputs.Ratings), [], cancellationToken), "agreement", "truth") is not { } set) return;
        await MetaText.RejectsAsync(context, set.Report);
        var facts = Facts(inputs.Ratings);
        Make("agreement", () => AgreementCommand.Check(set, facts, new AgreementCommand.AgreementSetting(false, Learning.Agreement.KappaWeights.None, AllPairs: false), Bootstrap));
        Make("truth", () => TruthCommand.Check(set, facts, Bootstrap));
    }

    private async Task RankingsAsync()
    {
        if (Lacks(inputs.Rankings.Count == 0, "--rankings", "rank")) return;
        if (await ReadAsync(() => RankingSet.Read(Rows(inputs.Rankings), looks: false, cancellationToken), "rank") is not { } set) return;
        await MetaText.RejectsAsync(context, set.Report);
        Make("rank", () => RankCommand.Check(set, Facts(inputs.Rankings), Bootstrap with { Resamples = Math.Min(inputs.Resamples, 200) }));
    }

    private async Task ScoresAsync()
    {
        if (Lacks(inputs.Scores.Count == 0, "--scores", "calibrate", "diversity", "groups", "surrogate")) return;
        if (!Lacks(inputs.Costly is null, "--costly", "surrogate"))
        {
            await MakeAsync("surrogate", () => SurrogateCommand.RunAsync(
                context, new SurrogateInput(inputs.Scores, inputs.Costly!, [], "gam", inputs.Group, null, null, inputs.Config),
                new SurrogateOptions { Seed = inputs.Seed, Resamples = inputs.Resamples, MaxThreads = Environment.ProcessorCount, Cancellation = cancellationToken }, cancellationToken));
        }

        if (Lacks(inputs.Target is null, "--target", "calibrate", "diversity", "groups")) return;
        if (!Lacks(inputs.Judges.Count == 0, "--judge", "calibrate"))
        {
            foreach (var judge in inputs.Judges) await MakeAsync("calibrate", () => CalibrateAsync(judge));
        }

        var input = new TrainingInput { Files = inputs.Scores, Target = inputs.Target!, Group = inputs.Group, Part = inputs.By, PartMayBeMissing = true };
        string[] wanted = Lacks(inputs.By is null, "--by", "groups") ? ["diversity"] : ["diversity", "groups"];
        if (await ReadAsync(() => TrainingReader.Read(input, cancellationToken), wanted) is not { } rows) return;
        await new TrainingNotes(context).OfReadingAsync(rows, input);
        if (await ReadAsync(() => TrainingSet.Of(rows, input, Scales()), wanted) is not { } set) return;
        Make("diversity", () => DiversityCommand.Result(DiversityCheck.Run(set, "ridge", new SubsetOptions { Seed = inputs.Seed }, cancellationToken), input).Marked(rows.Simulated, rows.Count));
        if (inputs.By is not null) Make("groups", () => GroupsCommand.Result(GroupsCheck.Run(rows, set, hasParts: true, [], null, 10), input).Marked(rows.Simulated, rows.Count));
    }

    private async Task<CheckResult> CalibrateAsync(string judge)
    {
        var settings = new CalibrationSettings { Judge = judge, Target = inputs.Target!, Policy = inputs.Policy, Options = new PolicyOptions { Seed = inputs.Seed } };
        var rows = FieldReader.Read(CalibrationCheck.Input(inputs.Scores, settings, inputs.Group, null), cancellationToken);
        await context.TellRejectsAsync(rows, null);
        var probing = inputs.Probe.Count == 0 ? null : FieldReader.Read(CalibrationCheck.Input(inputs.Probe, settings, inputs.Group, null), cancellationToken);
        return CalibrateCommand.Result(CalibrationCheck.Run(rows, probing, settings), [.. inputs.Scores, .. inputs.Probe]).Marked(rows.Simulated + (probing?.Simulated ?? 0), rows.Count + (probing?.Count ?? 0));
    }

    private async Task GateAsync()
    {
        if (Lacks(inputs.Thresholds is null || inputs.Candidate is null, "--thresholds and --candidate", "gate")) return;
        await MakeAsync("gate", async () =>
        {
            var file = GateFile.Load(inputs.Thresholds!);
            var tested = FieldReader.Read(GateCheck.Input(inputs.Candidate!, file, inputs.Group, null), cancellationToken);
            await context.TellRejectsAsync(tested, null);
            var old = file.NeedsBaseline && inputs.Baseline is { } path ? FieldReader.Read(GateCheck.Input(path, file, inputs.Group, null), cancellationToken) : null;
            return GateCommand.Result(GateCheck.Run(file, tested, old), inputs.Baseline is { } held && old is not null ? [inputs.Candidate!, held] : [inputs.Candidate!]);
        });
    }

    private Func<string, Core.Judging.Scale?> Scales()
    {
        var configuration = OrchestrationConfig.Load(inputs.Config);
        var scales = new RecordedScales(new Dictionary<string, Core.Judging.Scale>(), configuration.JudgeScales, JudgeCatalog.RubricsOf(configuration));
        return judge => scales.TryGetValue(judge, out var known) ? known : null;
    }

    private RowInput Rows(IReadOnlyList<string> files) => new() { Files = files, StandardInput = context.StandardInput };

    private IReadOnlyList<Core.MetaEvaluation.Report.CheckFact> Facts(IReadOnlyList<string> files) =>
        CheckOutput.Facts(files, ("resamples", MetaText.Number(inputs.Resamples, 0)), ("seed", inputs.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    private bool Lacks(bool isMissing, string option, params string[] checks)
    {
        if (isMissing) _notMade.AddRange(checks.Select(c => new Unmade(c, $"not asked for; it needs {option}", IsWanted: false)));
        return isMissing;
    }

    private async Task<T?> ReadAsync<T>(Func<T> read, params string[] checks)
        where T : class
    {
        try
        {
            return await Task.FromResult(read());
        }
        catch (OrchestrationException e)
        {
            _notMade.AddRange(checks.Select(c => new Unmade(c, e.Message, IsWanted: true)));
            return null;
        }
    }

    private void Make(string check, Func<CheckResult> make)
    {
        try
        {
            _made.Add(make());
        }
        catch (OrchestrationException e)
        {
            _notMade.Add(new Unmade(check, e.Message, IsWanted: true));
        }
    }

    private async Task MakeAsync(string check, Func<Task<CheckResult>> make)
    {
        try
        {
            _made.Add(await make());
        }
        catch (OrchestrationException e)
        {
            _notMade.Add(new Unmade(check, e.Message, IsWanted: true));
        }
    }
}
