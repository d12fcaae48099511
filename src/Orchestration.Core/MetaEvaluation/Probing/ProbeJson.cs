using System.Text.Json;
using Orchestration.Core.MetaEvaluation.Biases;
using Orchestration.Learning.Intervals;

namespace Orchestration.Core.MetaEvaluation.Probing;

/// <summary>What checks of judges run live write beside what all checks do.</summary>
internal static class ProbeJson
{
    /// <summary>A figure with its bounds; null where it is not defined.</summary>
    public static void Write(Utf8JsonWriter writer, string name, in Estimate estimate)
    {
        if (double.IsNaN(estimate.Value))
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        CheckJson.Number(writer, "value", estimate.Value);
        CheckJson.Number(writer, "lower", estimate.Lower);
        CheckJson.Number(writer, "upper", estimate.Upper);
        writer.WriteEndObject();
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
