using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Core.MetaEvaluation.Biases;
using Orchestration.Learning.Intervals;

namespace Orchestration.Core.MetaEvaluation.Probing;

/// <summary>How checks of judges run live write JSON: one object a line, null where a number is not defined.</summary>
internal static class ProbeJson
{
    public static string Line(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    public static void Number(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value)) writer.WriteNumber(name, value);
        else writer.WriteNull(name);
    }

    /// <summary>A figure with its bounds; null where it is not defined.</summary>
    public static void Write(Utf8JsonWriter writer, string name, in Estimate estimate)
    {
        if (double.IsNaN(estimate.Value))
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        Number(writer, "value", estimate.Value);
        Number(writer, "lower", estimate.Lower);
        Number(writer, "upper", estimate.Upper);
        writer.WriteEndObject();
    }

    public static void Texts(Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts) writer.WriteStringValue(text);
        writer.WriteEndArray();
    }

    public static void LeftOut(Utf8JsonWriter writer, IEnumerable<LeftOutJudge> judges)
    {
        writer.WriteStartArray("left_out");
        foreach (var (judge, reason) in judges)
        {
            writer.WriteStartObject();
            writer.WriteString("judge", judge);
            writer.WriteString("reason", reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
