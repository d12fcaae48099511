using System.Text.Json;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>Messages about fields that are not there: they name what the row has instead and, where that is clear, the option that cures it.</summary>
internal static class FieldHints
{
    private static readonly Dictionary<FieldSlot, string[]> Synonyms = new()
    {
        [FieldSlot.Id] = ["pair_id", "question_id", "example_id", "sample_id", "uid", "uuid", "_id", "idx", "index", "key"],
        [FieldSlot.Prompt] = ["question", "instruction", "input", "query", "problem", "request", "user", "text"],
        [FieldSlot.Answer] = ["response", "output", "completion", "generation", "prediction", "model_answer", "model_output", "response_a", "output_1", "completion_a"],
        [FieldSlot.AnswerB] = ["response_b", "output_2", "completion_b"],
    };

    public static RowFault Missing(FieldTable fields, FieldSlot slot, IReadOnlyList<string> present)
    {
        var name = fields.NameOf(slot);
        var hint = Suggest(fields, slot, present);
        return new RowFault(
            RejectReason.MissingField,
            $"There is no field '{name}', or it is null; {(present.Count == 0 ? "the row has no fields" : "the row has " + List(present))}. " +
            (hint is null ? $"Name the field that holds it with --map {OurName(fields, slot)}=FIELD." : $"If it is in '{hint}', say --map {OurName(fields, slot)}={hint}."));
    }

    /// <summary>The <c>--map</c> options that a row's fields suggest; empty where none does.</summary>
    public static string Options(FieldTable fields, IReadOnlyList<string> present)
    {
        FieldSlot[] required = fields.Kind == DataKind.Pairs
            ? [FieldSlot.Id, FieldSlot.Prompt, FieldSlot.Answer]
            : [FieldSlot.Id, FieldSlot.Prompt, FieldSlot.Answer, FieldSlot.AnswerB];
        return string.Join(' ', required
            .Where(slot => !present.Contains(fields.NameOf(slot), StringComparer.Ordinal))
            .Select(slot => (slot, hint: Suggest(fields, slot, present)))
            .Where(s => s.hint is not null)
            .Select(s => $"--map {OurName(fields, s.slot)}={s.hint}"));
    }

    /// <summary>The names of a JSON object's fields, at most twenty; empty where the row is no object.</summary>
    public static IReadOnlyList<string> NamesOf(ReadOnlySpan<byte> row)
    {
        var names = new List<string>();
        try
        {
            var reader = new Utf8JsonReader(row);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return names;
            while (names.Count < 20 && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                names.Add(reader.GetString()!);
                reader.Read();
                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The names up to the fault are what there is to say.
        }

        return names;
    }

    public static string List(IReadOnlyList<string> names) => string.Join(", ", names.Take(12).Select(n => $"'{(n.Length > 40 ? n[..40] + "…" : n)}'"));

    private static string? Suggest(FieldTable fields, FieldSlot slot, IReadOnlyList<string> present) =>
        Synonyms[slot].Select(s => present.FirstOrDefault(p => string.Equals(p, s, StringComparison.OrdinalIgnoreCase))).FirstOrDefault(p => p is not null);

    private static string OurName(FieldTable fields, FieldSlot slot) =>
        (fields.Kind == DataKind.Pairs ? FieldTable.PairFields : FieldTable.ComparisonFields).First(f => f.Slot == slot).Name;
}
