using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orchestration.Simulation.Replies;

/// <summary>
/// Answers a checklist: a better answer meets more criteria, each criterion has a bar of its own, and for what is met words of the answer are quoted as they
/// stand there.
/// </summary>
internal static class ChecklistScript
{
    /// <summary>What is quoted where the script is to make a quote up.</summary>
    public const string Fabricated = "words that stand nowhere in what was answered";

    private const int WordsQuoted = 6;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The criteria that the instructions list, below the heading <c>Checklist</c>; empty where there is none.</summary>
    public static IReadOnlyList<string> Listed(string system)
    {
        const string Heading = "# Checklist\n";
        var start = system.LastIndexOf("\n" + Heading, StringComparison.Ordinal);
        if (start < 0) return [];
        var end = system.IndexOf("\n# Material\n", start, StringComparison.Ordinal);
        var lines = system[(start + 1 + Heading.Length)..(end < 0 ? system.Length : end)].Split('\n');
        return [.. lines.Where(static l => l.StartsWith("## ", StringComparison.Ordinal)).Select(static l => l[3..].Trim())];
    }

    /// <summary>The criteria that a schema asks for; empty where it describes no checklist.</summary>
    public static IReadOnlyList<string> Described(ReplyField root) =>
        root.Fields is [{ Name: "criteria", Kind: FieldKind.Object } criteria] && criteria.Fields.All(static c => c.Fields.Any(static f => f.Name == "met"))
            ? [.. criteria.Fields.Select(static c => c.Name)]
            : [];

    public static string Write(IReadOnlyList<string> criteria, string answer, double quality, ulong judge, bool fabricates)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            json.WriteStartObject("criteria");
            foreach (var criterion in criteria)
            {
                var place = ContentHash.Of(criterion, judge);
                var isMet = answer.Any(char.IsLetterOrDigit) && quality >= 0.1 + (0.8 * ContentHash.Unit(place));
                json.WriteStartObject(criterion);
                json.WriteStartArray("quotes");
                if (isMet) json.WriteStringValue(fabricates ? Fabricated : Passage(answer, place));
                fabricates &= !isMet;
                json.WriteEndArray();
                json.WriteString("reason", isMet ? "The answer says so." : "Nothing in the answer shows it.");
                json.WriteBoolean("met", isMet);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>A few words of the answer, letter by letter.</summary>
    private static string Passage(string answer, ulong place)
    {
        var starts = new List<int>();
        for (var i = 0; i < answer.Length; i++)
        {
            if (char.IsLetterOrDigit(answer[i]) && (i == 0 || char.IsWhiteSpace(answer[i - 1]))) starts.Add(i);
        }

        if (starts.Count == 0) return answer;
        var first = (int)(place % (ulong)starts.Count);
        return answer[starts[first]..(first + WordsQuoted < starts.Count ? starts[first + WordsQuoted] : answer.Length)].TrimEnd();
    }
}
