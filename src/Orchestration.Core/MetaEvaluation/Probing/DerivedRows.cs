using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.MetaEvaluation.Probing;

/// <summary>The rows of a derived data set: what judges are asked, each with an id that says what it is.</summary>
public static class DerivedRows
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes rows as JSON lines that a sweep reads. A file that holds the same already is left alone, with its time of change: by that a sweep that was interrupted is found again.
    /// </summary>
    /// <param name="path">The file; its folder is made.</param>
    /// <param name="rows">The rows, ids unique.</param>
    public static void Write(string path, IEnumerable<ProbeItem> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        using var stream = new MemoryStream();
        foreach (var row in rows)
        {
            using (var json = new Utf8JsonWriter(stream, Relaxed)) Write(json, row);
            stream.WriteByte((byte)'\n');
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var bytes = stream.GetBuffer().AsSpan(0, (int)stream.Length);
        if (File.Exists(path) && bytes.SequenceEqual(File.ReadAllBytes(path))) return;
        var partial = $"{path}.partial-{Environment.ProcessId}";
        File.WriteAllBytes(partial, bytes);
        File.Move(partial, path, overwrite: true);
    }

    private static void Write(Utf8JsonWriter json, ProbeItem row)
    {
        json.WriteStartObject();
        json.WriteString("id", row.Id);
        json.WriteString("prompt", row.Prompt);
        if (row.AnswerB is { } other)
        {
            json.WriteString("answer_a", row.Answer);
            json.WriteString("answer_b", other);
            if (row.Label is { } label) json.WriteString("label", label.ToText());
        }
        else
        {
            json.WriteString("answer", row.Answer);
            if (row.Source is { } source) json.WriteString("source", source);
            if (double.IsFinite(row.Target)) json.WriteNumber("target", row.Target);
        }

        if (row.Reference is { } reference) json.WriteString("reference", reference);
        json.WriteString("group", row.Group);
        if (row.Category is { } category) json.WriteString("category", category);
        json.WriteEndObject();
    }
}
