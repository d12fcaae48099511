using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Core.Aggregation.Explaining;
using Orchestration.Learning.Explaining;
using Orchestration.Learning.Intervals;

namespace Orchestration.Cli.Aggregators;

/// <summary>What <c>aggregator explain</c> says to scripts: the figures of the page.</summary>
internal static class ExplainView
{
    public static string ToLine(AggregatorExplanation explanation, string path, double seconds)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("page", path);
            writer.WriteNumber("rows", explanation.Rows.Count);
            writer.WriteNumber("rejected", explanation.Rows.Rejected);
            writer.WriteNumber("unlabelled", explanation.Rows.Unlabelled);
            writer.WriteBoolean("simultaneous", explanation.Settings.Simultaneous);
            writer.WriteStartArray("versions");
            foreach (var version in explanation.Versions) Write(writer, version, explanation.Pairs);
            writer.WriteEndArray();
            writer.WriteStartArray("notes");
            foreach (var note in explanation.Notes) writer.WriteStringValue(note);
            writer.WriteEndArray();
            writer.WriteNumber("seconds", Math.Round(seconds, 3));
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void Write(Utf8JsonWriter writer, VersionExplanation version, IReadOnlyList<ChosenPair> pairs)
    {
        writer.WriteStartObject();
        writer.WriteString("name", version.Version.Version.Manifest.Name);
        writer.WriteString("version", version.Version.Id);
        if (version.Version.Version.Manifest.Basis.Training.SimulatedTargets is { } simulated) writer.WriteNumber("simulated_targets", simulated);
        writer.WriteBoolean("training_rows", version.AreTrainingRows);
        writer.WriteString("measured", version.Basis switch { FigureBasis.Unseen => "unseen", FigureBasis.OutOfFold => "out_of_fold", _ => "in_sample" });
        writer.WriteNumber("measured_rows", version.MeasuredRows.Length);
        writer.WriteStartObject("figures");
        foreach (var (name, value) in version.Figures) writer.WriteNumber(name, value);
        writer.WriteEndObject();
        Number(writer, "effective_channels", version.Correlation.EffectiveChannels);
        writer.WriteStartObject("judges");
        for (var j = 0; j < version.Curves.Count; j++) Judge(writer, version, j);
        writer.WriteEndObject();
        writer.WriteStartArray("calibration");
        foreach (var bin in version.Calibration)
        {
            writer.WriteStartObject();
            writer.WriteNumber("expected", bin.Expected);
            Mean(writer, "observed", bin.Observed);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("residuals");
        foreach (var (category, residual) in version.Residuals)
        {
            writer.WriteStartObject(category);
            Mean(writer, "mean", residual);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        if (version.Intervals is { } intervals) Intervals(writer, version, intervals);
        writer.WriteStartObject("contributions");
        for (var p = 0; p < pairs.Count; p++)
        {
            writer.WriteStartObject(pairs[p].Id);
            writer.WriteNumber("number", version.Contributions[p].Number);
            writer.WriteNumber("base", version.Contributions[p].Base);
            writer.WriteBoolean("exact", version.Contributions[p].Exact);
            writer.WriteStartObject("judges");
            for (var j = 0; j < version.Curves.Count; j++) writer.WriteNumber(version.Version.Judges[j].Name, version.Contributions[p].Judges[j]);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Judge(Utf8JsonWriter writer, VersionExplanation version, int judge)
    {
        var curve = version.Curves[judge];
        writer.WriteStartObject(version.Version.Judges[judge].Name);
        writer.WriteNumber("importance", version.Importance[judge].Loss);
        writer.WriteNumber("importance_low", version.Importance[judge].Low);
        writer.WriteNumber("importance_high", version.Importance[judge].High);
        Number(writer, "concurvity", version.Concurvity[judge]);
        writer.WriteBoolean("in_model", curve.InModel);
        writer.WriteString("band", curve.Source switch { BandSource.Covariance => "covariance", BandSource.Refits => "refits", _ => "none" });
        if (curve.Flat is { } flat)
        {
            var (low, high) = (version.Raw(judge, flat.Low), version.Raw(judge, flat.High));
            writer.WriteBoolean("flat", flat.IsFlat);
            writer.WriteNumber("from", Math.Min(low, high));
            writer.WriteNumber("to", Math.Max(low, high));
            writer.WriteNumber("difference_permitted", flat.Permitted);
        }

        writer.WriteEndObject();
    }

    private static void Intervals(Utf8JsonWriter writer, VersionExplanation version, IntervalReport report)
    {
        writer.WriteStartObject("intervals");
        writer.WriteNumber("level", report.Level);
        writer.WriteNumber("guaranteed", report.Guaranteed);
        writer.WriteStartArray("removed");
        foreach (var table in report.Tables)
        {
            writer.WriteStartObject();
            writer.WriteNumber("judges", table.Removed);
            Covered(writer, "all", table.All);
            Covered(writer, "lowest_fifth", table.LowestFifth);
            Covered(writer, "highest_fifth", table.HighestFifth);
            writer.WriteStartObject("categories");
            for (var c = 0; c < table.Categories.Count; c++) Covered(writer, version.IntervalCategories[c], table.Categories[c]);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Covered(Utf8JsonWriter writer, string name, IntervalFigures figures)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("rows", figures.Rows);
        if (double.IsFinite(figures.Coverage.Value)) writer.WriteNumber("coverage", figures.Coverage.Value);
        if (double.IsFinite(figures.Width.Value)) writer.WriteNumber("width", figures.Width.Value);
        writer.WriteEndObject();
    }

    private static void Mean(Utf8JsonWriter writer, string name, GroupedMean mean)
    {
        Number(writer, name, mean.Value);
        Number(writer, name + "_low", mean.Low);
        Number(writer, name + "_high", mean.High);
        writer.WriteNumber("rows", mean.Rows);
    }

    /// <summary>JSON has no number for what is not defined: null.</summary>
    private static void Number(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value)) writer.WriteNumber(name, value);
        else writer.WriteNull(name);
    }
}
