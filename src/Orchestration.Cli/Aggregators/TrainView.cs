using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Core.Aggregation.Activation;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Learning.Selection;
using Spectre.Console;

namespace Orchestration.Cli.Aggregators;

/// <summary>What <c>train</c> shows: the table of all models on the same folds, the decision, and the object for scripts.</summary>
internal sealed class TrainView(
    TrainedAggregator trained, TrainingSet set, TrainingRows rows, ActivationResult result, IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>>? tested, double seconds)
{
    private bool IsScores => set.LearnedFrom == LearnedFrom.Scores;

    public Table Table()
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("model");
        string[] columns = IsScores ? ["r2", "mse", "mae", "spearman", "pairwise_accuracy"] : ["accuracy", "half_tie_accuracy", "log_loss"];
        foreach (var column in columns) table.AddColumn(new TableColumn(column.Replace('_', ' ')).RightAligned());
        table.AddColumn(new TableColumn("gain over mean-fit").RightAligned());
        if (tested is not null) table.AddColumn(new TableColumn($"test {columns[0]}").RightAligned());
        foreach (var model in trained.Report.Models)
        {
            var figures = AggregatorTrainer.FiguresOf(model.Scores, model.Preferences);
            var cells = new List<string> { model.Name == trained.Report.Candidate.Name ? $"{model.Name} *" : model.Name };
            cells.AddRange(columns.Select(c => WithError(figures, c)));
            cells.Add(model.Name == TrainSettings.Baseline ? "" : string.Create(CultureInfo.InvariantCulture, $"{model.OverBaseline.Mean:0.0000} ({model.OverBaseline.Lower:0.0000} …)"));
            if (tested is not null) cells.Add(WithError(tested[model.Name], columns[0]));
            table.AddRow([.. cells.Select(Markup.Escape)]);
        }

        return table;
    }

    public IEnumerable<string> Lines(bool isNew, string name)
    {
        var report = trained.Report;
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"out of fold over {set.Facts.Rows:N0} rows of {set.Facts.Groups:N0} groups, {report.Draws.Count} {(report.Draws.Count == 1 ? "draw" : "draws")} of {report.Draws[0].Count} {(report.GroupedFolds ? "grouped" : "RANDOM")} folds; ± one standard error by group; gain in squared error (log loss), lower 95% bound; * becomes the version");
        foreach (var inverted in report.Inversions.Inverted)
        {
            var cost = report.Inversions.MonotoneCost is { } c ? string.Create(CultureInfo.InvariantCulture, $"; a monotone fit would lose {c.Mean:0.0000} of what is gained") : "";
            yield return string.Create(CultureInfo.InvariantCulture, $"INVERTED: a better score of {set.Judges[inverted.Judge].Name} lowers the number (by {-inverted.Effect:0.000} from one end of its scale to the other){cost}");
        }

        foreach (var effect in trained.Guards?.Each ?? [])
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"guard {effect.Guard.Kind.ToString().ToLowerInvariant()} on {set.Judges[effect.Guard.Judge].Name}: acts on {effect.Acted:P1} of the rows, costs {effect.Cost.Mean:0.0000} of squared error a row out of fold ({effect.Cost.Lower:0.0000} to {effect.Cost.Upper:0.0000})");
        }

        var version = trained.Version;
        if (set.Facts.SimulatedSentence is { } simulated) yield return simulated;
        yield return string.Create(CultureInfo.InvariantCulture, $"version {version.ShortId} of '{name}' ({version.Manifest.Basis.Recipe}{(version.Manifest.Basis.Model == version.Manifest.Basis.Recipe ? "" : $": {version.Manifest.Basis.Model}")}, {set.Judges.Count} judges){(isNew ? "" : ", which was in the store already")} in {seconds:0.0} s");
        yield return result.Active ? $"ACTIVE: {result.Reason}" : $"not active: {result.Reason}";
        if (!result.Active) yield return result.Setting.Active is { } id ? $"active stays {AggregatorVersion.Short(id)}" : $"no version of '{name}' is active";
    }

    public string ToLine()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            var report = trained.Report;
            writer.WriteStartObject();
            writer.WriteString("name", trained.Version.Manifest.Name);
            writer.WriteString("model", report.Candidate.Name);
            writer.WriteString("kind", trained.Version.Manifest.Basis.Model);
            writer.WriteString("version", trained.Version.Id);
            writer.WriteNumber("rows", set.Facts.Rows);
            writer.WriteNumber("groups", set.Facts.Groups);
            if (set.Facts.SimulatedTargets is { } simulated) writer.WriteNumber("simulated_targets", simulated);
            writer.WriteNumber("judges", set.Judges.Count);
            Write(writer, "cv", AggregatorTrainer.FiguresOf(report.Candidate.Scores, report.Candidate.Preferences));
            writer.WriteStartObject("models");
            foreach (var model in report.Models) Write(writer, model.Name, AggregatorTrainer.FiguresOf(model.Scores, model.Preferences), model.OverBaseline);
            writer.WriteEndObject();
            if (tested is not null)
            {
                writer.WriteStartObject("test");
                foreach (var (name, figures) in tested) Write(writer, name, figures);
                writer.WriteEndObject();
            }

            writer.WriteBoolean("active", result.Active);
            writer.WriteString("reason", result.Reason);
            writer.WriteString("active_version", result.Setting.Active);
            writer.WriteBoolean("grouped_folds", report.GroupedFolds);
            writer.WriteStartArray("inverted");
            foreach (var inverted in report.Inversions.Inverted) writer.WriteStringValue(set.Judges[inverted.Judge].Name);
            writer.WriteEndArray();
            writer.WriteStartArray("left_out");
            foreach (var (judge, _) in set.LeftOut) writer.WriteStringValue(judge);
            writer.WriteEndArray();
            writer.WriteNumber("rejected", rows.Rejected);
            if (trained.Guards is { } guards)
            {
                writer.WriteStartArray("guards");
                foreach (var effect in guards.Each)
                {
                    writer.WriteStartObject();
                    writer.WriteString("kind", effect.Guard.Kind.ToString().ToLowerInvariant());
                    writer.WriteString("judge", set.Judges[effect.Guard.Judge].Name);
                    writer.WriteNumber("threshold", effect.Guard.Threshold);
                    writer.WriteNumber("limit", effect.Guard.Limit);
                    writer.WriteNumber("acted", effect.Acted);
                    writer.WriteNumber("missing", effect.Missing);
                    writer.WriteNumber("cost", effect.Cost.Mean);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            }

            writer.WriteNumber("unlabelled", rows.Unlabelled);
            writer.WriteNumber("seconds", Math.Round(seconds, 3));
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void Write(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, double> figures, PairedGain? gain = null)
    {
        writer.WriteStartObject(name);
        foreach (var (key, value) in figures) writer.WriteNumber(key, value);
        if (gain is { } g && double.IsFinite(g.Lower))
        {
            writer.WriteNumber("gain", g.Mean);
            writer.WriteNumber("gain_lower", g.Lower);
        }

        writer.WriteEndObject();
    }

    private static string WithError(IReadOnlyDictionary<string, double> figures, string name) => !figures.TryGetValue(name, out var value) ? ""
        : figures.TryGetValue(name + "_se", out var error) ? string.Create(CultureInfo.InvariantCulture, $"{value:0.000} ± {error:0.000}")
        : string.Create(CultureInfo.InvariantCulture, $"{value:0.000}");
}
