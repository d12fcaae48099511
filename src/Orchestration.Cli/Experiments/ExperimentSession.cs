using Orchestration.Cli.Hosting;
using System.CommandLine;
using System.Globalization;
using System.Text;
using Orchestration.Cli.Aggregators;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Configuration;
using Orchestration.Core.Experiments;
using Orchestration.Core.Judging.Catalog;
using Spectre.Console;

namespace Orchestration.Cli.Experiments;

/// <summary>One experiment from the command to its table, page and object. Nothing is stored but the two files.</summary>
internal sealed class ExperimentSession(CliContext context, ExperimentOptions options, ParseResult parsed)
{
    public delegate ExperimentOutcome Experiment(TrainingSet set, ExperimentSettings settings, IProgress<ExperimentProgress> progress);

    public delegate ExperimentOutcome ExperimentOnRows(TrainingSet set, TrainingRows rows, ExperimentSettings settings, IProgress<ExperimentProgress> progress);

    public Task<int> RunAsync(Experiment experiment, CancellationToken cancellationToken) =>
        RunAsync((set, _, settings, progress) => experiment(set, settings, progress), cancellationToken);

    public async Task<int> RunAsync(ExperimentOnRows experiment, CancellationToken cancellationToken)
    {
        var startedAt = context.Time.GetTimestamp();
        var settings = options.Settings(parsed);
        var input = options.Input(parsed);
        var (html, json) = Files(parsed.CommandResult.Command.Name);
        var config = OrchestrationConfig.Load(options.Config(parsed));
        var scales = new RecordedScales(SweepRunSettings.ParseScales(options.Scales(parsed)), config.JudgeScales, JudgeCatalog.RubricsOf(config));
        var rows = TrainingReader.Read(input, cancellationToken);
        var notes = new TrainingNotes(context);
        await notes.OfReadingAsync(rows, input);
        var set = TrainingSet.Of(rows, input, name => scales.TryGetValue(name, out var scale) ? scale : null);
        await notes.OfJudgesAsync(set);

        ExperimentOutcome outcome;
        using (var progress = new StepProgressView(context)) outcome = Do(experiment, set, rows, settings, progress);
        cancellationToken.ThrowIfCancellationRequested();

        await File.WriteAllTextAsync(json, ExperimentJson.Write(outcome, indented: true) + "\n", new UTF8Encoding(false), cancellationToken);
        await File.WriteAllTextAsync(html, ExperimentPage.Write(outcome, $"orchestrate experiment {outcome.Kind}"), new UTF8Encoding(false), cancellationToken);
        var laid = ExperimentTable.Of(outcome);
        var table = new Table { Border = TableBorder.Simple };
        for (var i = 0; i < laid.Heads.Count; i++) table.AddColumn(i < 2 ? new TableColumn(Markup.Escape(laid.Heads[i])).NoWrap() : new TableColumn(Markup.Escape(laid.Heads[i])).RightAligned());
        var before = "";
        foreach (var row in laid.Rows)
        {
            // A condition is written once, on its first line.
            table.AddRow([Markup.Escape(row[0] == before ? "" : row[0]), .. row.Skip(1).Select(Markup.Escape)]);
            before = row[0];
        }

        await context.Out.WriteLineAsync($"{outcome.Title}: {outcome.FigureIs}, by {outcome.ColumnsAre}");
        context.Tables().Write(table);
        await context.Out.WriteLineAsync(ExperimentTable.Legend);
        foreach (var sentence in outcome.Meaning) await context.Out.WriteLineAsync($"- {sentence}");
        await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{html} and {json} in {context.Time.GetElapsedTime(startedAt).TotalSeconds:0.0} s"));
        if (options.Json(parsed)) await context.Out.WriteLineAsync(ExperimentJson.Write(outcome, indented: false));
        return ExitStatus.Completed;
    }

    private static ExperimentOutcome Do(ExperimentOnRows experiment, TrainingSet set, TrainingRows rows, ExperimentSettings settings, StepProgressView progress)
    {
        try
        {
            return experiment(set, rows, settings, progress);
        }
        catch (ArgumentException e)
        {
            throw new OrchestrationException(ErrorCodes.Usage, $"The experiment cannot be done: {e.Message}", e);
        }
    }

    /// <summary>The page and the object: in a folder, or named after a file.</summary>
    private (string Html, string Json) Files(string kind)
    {
        var output = options.Output(parsed) ?? ".";
        if (Path.GetExtension(output) is ".html" or ".json")
        {
            if (Path.GetDirectoryName(output) is { Length: > 0 } parent) Directory.CreateDirectory(parent);
            return (Path.ChangeExtension(output, ".html"), Path.ChangeExtension(output, ".json"));
        }

        Directory.CreateDirectory(output);
        return (Path.Combine(output, $"experiment-{kind}.html"), Path.Combine(output, $"experiment-{kind}.json"));
    }
}
