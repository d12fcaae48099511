using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Robustness;

namespace Orchestration.Core.Experiments;

/// <summary>An outcome as one JSON object. Nothing of the clock or the machine is in it: the same seed gives the same bytes.</summary>
public static class ExperimentJson
{
    /// <summary>Writes it.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <param name="indented">True for a file that people read, false for one line.</param>
    public static string Write(ExperimentOutcome outcome, bool indented)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = indented, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("experiment", outcome.Kind);
            writer.WriteString("title", outcome.Title);
            writer.WriteString("figure", outcome.FigureIs);
            writer.WriteString("columns", outcome.ColumnsAre);
            writer.WriteStartObject("settings");
            foreach (var (name, value) in outcome.Settings) writer.WriteString(name.Replace(' ', '_'), value);
            writer.WriteEndObject();
            Lines(writer, "method", outcome.Method);
            Lines(writer, "meaning", outcome.Meaning);
            writer.WriteStartArray("rows");
            foreach (var row in outcome.Rows) Row(writer, row);
            writer.WriteEndArray();
            if (outcome.Curves.Count != 0)
            {
                writer.WriteStartArray("curves");
                foreach (var curve in outcome.Curves) Curve(writer, curve);
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void Row(Utf8JsonWriter writer, ExperimentRow row)
    {
        writer.WriteStartObject();
        writer.WriteString("condition", row.Condition);
        writer.WriteString("column", row.Column);
        if (row.Strength is { } strength) Number(writer, "strength", strength);
        writer.WriteString("model", row.Model);
        writer.WriteString("figure", row.Figure);
        Numbers(writer, row.Value);
        if (row.OverMeanFit is { } over)
        {
            writer.WriteStartObject("over_mean_fit");
            Numbers(writer, over);
            writer.WriteEndObject();
        }

        if (row.OverClean is { } clean)
        {
            writer.WriteStartObject("over_clean");
            Numbers(writer, clean);
            writer.WriteEndObject();
        }

        foreach (var (name, value) in row.Further) Number(writer, name, value);
        writer.WriteEndObject();
    }

    private static void Curve(Utf8JsonWriter writer, ExperimentCurve curve)
    {
        writer.WriteStartObject();
        writer.WriteString("model", curve.Model);
        writer.WriteString("judge", curve.Judge);
        foreach (var (name, values) in new[] { ("at", curve.At), ("mean", curve.Mean), ("lower", curve.Lower), ("upper", curve.Upper) })
        {
            writer.WriteStartArray(name);
            foreach (var value in values)
            {
                if (double.IsFinite(value)) writer.WriteNumberValue(value);
                else writer.WriteNullValue();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void Numbers(Utf8JsonWriter writer, in Estimate estimate)
    {
        Number(writer, "value", estimate.Value);
        Number(writer, "se", estimate.StandardError);
        Number(writer, "lower", estimate.Lower);
        Number(writer, "upper", estimate.Upper);
    }

    private static void Number(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value)) writer.WriteNumber(name, value);
        else writer.WriteNull(name);
    }

    private static void Lines(Utf8JsonWriter writer, string name, IReadOnlyList<string> lines)
    {
        writer.WriteStartArray(name);
        foreach (var line in lines) writer.WriteStringValue(line);
        writer.WriteEndArray();
    }
}
