using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Keys;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Activation;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Experiments;
using Orchestration.Learning.Metrics;

namespace Orchestration.Cli.Aggregators;

/// <summary>Trains from the command to the stored version, its table and its object.</summary>
internal sealed class TrainSession(CliContext context, EmbeddedHost host)
{
    private readonly long _startedAt = context.Time.GetTimestamp();

    public async Task<int> RunAsync(
        TrainingInput input, TrainSettings settings, RecordedScales scales, string? test, bool activate, bool json, CancellationToken cancellationToken)
    {
        var rows = TrainingReader.Read(input, cancellationToken);
        var notes = new TrainingNotes(context);
        await notes.OfReadingAsync(rows, input);
        var set = TrainingSet.Of(rows, input, name => scales.TryGetValue(name, out var scale) ? scale : null);
        await notes.OfJudgesAsync(set);

        var catalog = host.Store.Aggregators;
        var setting = await catalog.SettingAsync(settings.Name, cancellationToken);
        var active = setting.Active is { } id && await catalog.FindAsync(id, settings.Name, cancellationToken) is { } stored ? LoadedVersion.Load(stored) : null;
        TrainedAggregator trained;
        using (var progress = new StepProgressView(context))
        {
            var told = settings with { Progress = (done, folds) => progress.Report(new ExperimentProgress(done, folds, "folds fitted")) };
            trained = AggregatorTrainer.Train(set, told, active, rows.Inputs, cancellationToken);
        }

        var seconds = context.Time.GetElapsedTime(_startedAt).TotalSeconds;
        var version = trained.Version.Signed(context.Environment("USER") ?? context.Environment("USERNAME"), context.Time.GetUtcNow(), Math.Round(seconds, 3));

        var registry = new AggregatorRegistry(catalog);
        var isNew = await registry.AddAsync(version, cancellationToken);
        var result = activate
            ? await registry.ActivateAsync(setting, version.Id, trained.Report.Activation, null, version.Manifest.Author, cancellationToken)
            : new ActivationResult(setting.Active == version.Id, "not asked to: --no-activate", setting);
        if (activate) await host.Store.Access.RecordAsync(AggregatorAudit.Activation(KeyCommands.Who(), settings.Name, setting, version.Id, result), CancellationToken.None);
        var tested = test is null ? null : Test(trained, set, input, test, cancellationToken);
        foreach (var note in trained.Notes) await context.Error.WriteLineAsync(note);
        var view = new TrainView(trained with { Version = version }, set, rows, result, tested, seconds);
        context.Tables().Write(view.Table());
        foreach (var line in view.Lines(isNew, settings.Name)) await context.Out.WriteLineAsync(line);
        if (json) await context.Out.WriteLineAsync(view.ToLine());
        return ExitStatus.Completed;
    }

    /// <summary>Every model, fitted on all rows, on rows that none has seen.</summary>
    private static Dictionary<string, IReadOnlyDictionary<string, double>> Test(
        TrainedAggregator trained, TrainingSet set, TrainingInput input, string file, CancellationToken cancellationToken)
    {
        var rows = TrainingReader.Read(input with { Files = [file], Part = null, RejectsPath = null }, cancellationToken);
        if (rows.LearnedFrom != set.LearnedFrom)
            throw new OrchestrationException(ErrorCodes.Input, $"{file} holds {(rows.LearnedFrom == LearnedFrom.Scores ? "scores of answers" : "verdicts on comparisons")}, and the rows to learn from do not. Test on the same kind.");
        var unseen = TrainingSet.Under(rows, input with { Part = null }, set.Judges);
        var figures = new Dictionary<string, IReadOnlyDictionary<string, double>>(StringComparer.Ordinal);
        foreach (var model in trained.Report.Models)
        {
            var numbers = new double[rows.Count];
            if (unseen.Scores is { } scores)
            {
                model.Model.Predict(scores.Scores, numbers);
                figures.Add(model.Name, AggregatorTrainer.FiguresOf(ScoreFigures.Of(scores, numbers), null));
                continue;
            }

            var comparisons = unseen.Preferences!;
            var second = new double[rows.Count];
            model.Model.Predict(comparisons.First, numbers);
            model.Model.Predict(comparisons.Second, second);
            for (var row = 0; row < numbers.Length; row++) numbers[row] -= second[row];
            figures.Add(model.Name, AggregatorTrainer.FiguresOf(null, PreferenceFigures.Of(comparisons, numbers)));
        }

        return figures;
    }
}
