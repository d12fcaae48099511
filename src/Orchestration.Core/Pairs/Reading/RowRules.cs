using System.Buffers.Binary;
using System.Text;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>What a row must have, whatever it was written in, and what is derived for it.</summary>
internal sealed class RowRules(FieldTable fields)
{
    // JudgeBench's own grouping of its sources.
    private static readonly (byte[] Prefix, byte[] Category)[] NativeCategories =
    [
        ("mmlu-pro"u8.ToArray(), "knowledge"u8.ToArray()),
        ("livebench-reasoning"u8.ToArray(), "reasoning"u8.ToArray()),
        ("livebench-math"u8.ToArray(), "math"u8.ToArray()),
        ("livecodebench"u8.ToArray(), "coding"u8.ToArray()),
    ];

    /// <summary>Checks a row whose fields have been gathered and fills in what is derived.</summary>
    /// <param name="rows">The chunk's rows.</param>
    /// <param name="row">The row.</param>
    /// <param name="isNative">True for a row of JudgeBench's own files, whose category follows from its source.</param>
    /// <param name="text">The row as read, for messages.</param>
    /// <returns>Null where the row is good.</returns>
    public RowFault? Complete(ParsedRows rows, ref ParsedRow row, bool isNative, ReadOnlySpan<byte> text)
    {
        if (!row.Id.IsPresent) return Missing(FieldSlot.Id, rows, text);
        if (!row.Prompt.IsPresent) return Missing(FieldSlot.Prompt, rows, text);
        if (!row.Answer.IsPresent) return Missing(FieldSlot.Answer, rows, text);
        if (fields.Kind == DataKind.Comparisons && !row.AnswerB.IsPresent) return Missing(FieldSlot.AnswerB, rows, text);
        if (row.Id.Length == 0)
            return new RowFault(RejectReason.MissingField, $"The field '{fields.NameOf(FieldSlot.Id)}' is empty. Every row needs an id of its own: results and recorded judgments are matched by it.");

        var prompt = rows.Text(row.Prompt);
        if (prompt.IndexOfAnyExcept(" \t\r\n"u8) < 0)
            return new RowFault(RejectReason.EmptyPrompt, $"The field '{fields.NameOf(FieldSlot.Prompt)}' is empty. Leave the row out, or put in what was asked.");

        // An empty name is no name; an empty answer is an answer.
        if (row.Group.Length == 0) row.Group = FieldRef.Absent;
        if (row.Category.Length == 0) row.Category = FieldRef.Absent;
        if (row.Source.Length == 0) row.Source = FieldRef.Absent;
        if (isNative && !row.Category.IsPresent && row.Source.IsPresent) row.Category = NativeCategory(rows, row.Source);

        row.IdHash = IdHash.Of(rows.Text(row.Id));
        row.GroupHash = row.Group.IsPresent ? 0 : GroupHash(rows, prompt);
        return null;
    }

    /// <summary>Null where the text is no preference.</summary>
    public static Preference? ParseLabel(ReadOnlySpan<byte> text)
    {
        if (text.SequenceEqual("A>B"u8)) return Preference.A;
        if (text.SequenceEqual("B>A"u8)) return Preference.B;
        if (text.SequenceEqual("A=B"u8)) return Preference.Tie;
        return text.Length <= 32 ? PreferenceText.Parse(Encoding.UTF8.GetString(text)) : null;
    }

    /// <summary>The category of a source of JudgeBench; null for any other.</summary>
    public static string? NativeCategory(string source)
    {
        foreach (var (prefix, category) in NativeCategories)
        {
            if (source.StartsWith(Encoding.UTF8.GetString(prefix), StringComparison.Ordinal)) return Encoding.UTF8.GetString(category);
        }

        return null;
    }

    public static RowFault UnknownLabel(string field) => new(
        RejectReason.UnknownLabel, $"The field '{field}' is no preference. Write A>B, B>A or A=B, or null where none is known.");

    private static ulong GroupHash(ParsedRows rows, ReadOnlySpan<byte> prompt)
    {
        // Answers to one prompt usually follow one another.
        if (rows.Count != 0)
        {
            ref var last = ref rows[rows.Count - 1];
            if (!last.Group.IsPresent && rows.Text(last.Prompt).SequenceEqual(prompt)) return last.GroupHash;
        }

        // As PairHash.Group, with a hash object kept for it: a third off the dearest step of a row without a group.
        Span<byte> hash = stackalloc byte[32];
        rows.Sha256.TryComputeHash(prompt, hash, out _);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }

    private static FieldRef NativeCategory(ParsedRows rows, FieldRef source)
    {
        foreach (var (prefix, category) in NativeCategories)
        {
            if (!rows.Text(source).StartsWith(prefix)) continue;
            var start = rows.Side.Length;
            rows.Side.Append(category);
            return new FieldRef(~start, category.Length);
        }

        return FieldRef.Absent;
    }

    private RowFault Missing(FieldSlot slot, ParsedRows rows, ReadOnlySpan<byte> text) =>
        FieldHints.Missing(fields, slot, rows.Chunk.Format.Csv?.Names ?? FieldHints.NamesOf(text));
}
