using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>Parses chunks of JSON lines into rows. Without state of its own, so that chunks are parsed in parallel.</summary>
internal sealed class JsonRowParser(FieldTable fields, RowRules rules)
{
    public void Parse(ParsedRows rows)
    {
        var chunk = rows.Chunk;
        var isValid = Utf8.IsValid(chunk.Span);
        var line = chunk.FirstLine;
        var start = 0;
        var hint = 0;
        while (start < chunk.Length)
        {
            var length = chunk.Span[start..].IndexOf((byte)'\n');
            if (length < 0) length = chunk.Length - start;
            var text = chunk.Span.Slice(start, length);
            if (text.IndexOfAnyExcept(" \t\r"u8) >= 0)
            {
                var fault = isValid || Utf8.IsValid(text) ? ParseRow(rows, start, length, line, ref hint) : JsonFaults.InvalidUtf8;
                if (fault is null) rows.Commit();
                else rows.Rejects.Add(chunk.Format.Path, line, fault, text);
            }

            line++;
            start += length + 1;
        }
    }

    private RowFault? ParseRow(ParsedRows rows, int start, int length, long line, ref int hint)
    {
        var text = rows.Chunk.Span.Slice(start, length);
        ref var row = ref rows.Next();
        row.Line = line;
        var native = new NativeRow();
        Span<FieldRef> kept = stackalloc FieldRef[fields.KeptNames.Count];
        kept.Fill(FieldRef.Absent);
        ulong seen = 0;
        try
        {
            var reader = new Utf8JsonReader(text, JsonFaults.ReaderOptions);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                var type = reader.TokenType;
                reader.Skip();
                reader.Read();
                return JsonFaults.NotAnObject(type);
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var index = reader.ValueIsEscaped ? FindEscaped(ref reader, ref hint) : fields.Find(reader.ValueSpan, ref hint);
                reader.Read();
                if (index < 0)
                {
                    reader.Skip();
                    continue;
                }

                ref readonly var entry = ref fields[index];
                if ((seen & (1UL << index)) != 0) return JsonFaults.Duplicate(entry.Text);
                seen |= 1UL << index;

                var valueStart = start + (int)reader.TokenStartIndex;
                if (entry.Slot != FieldSlot.None)
                {
                    var fault = Take(ref reader, rows, ref row, ref native, in entry, valueStart);
                    if (fault is not null) return fault;
                }

                if (entry.Keep < 0) continue;
                reader.Skip();
                kept[entry.Keep] = new FieldRef(valueStart, start + (int)reader.BytesConsumed - valueStart);
            }

            // Anything but white space after the object throws.
            reader.Read();
        }
        catch (JsonException e)
        {
            return JsonFaults.Of(text, e);
        }

        native.Adopt(ref row);
        if (kept.Length != 0) row.Kept = AppendKept(rows, kept);
        return rules.Complete(rows, ref row, native.HasAnswers, text);
    }

    private RowFault? Take(ref Utf8JsonReader reader, ParsedRows rows, ref ParsedRow row, ref NativeRow native, in FieldTable.Entry entry, int start)
    {
        if (reader.TokenType == JsonTokenType.Null) return null;
        switch (entry.Slot)
        {
            case FieldSlot.Target:
                if (reader.TokenType != JsonTokenType.Number) return JsonFaults.WrongType(entry.Text, reader.TokenType, "a number");
                return FastNumber.TryParse(reader.ValueSpan, out row.Target) ? null : JsonFaults.NotFinite(entry.Text);

            case FieldSlot.Label:
                if (reader.TokenType != JsonTokenType.String) return JsonFaults.WrongType(entry.Text, reader.TokenType, "a text such as A>B");
                row.Label = RowRules.ParseLabel(reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan);
                return row.Label is null ? RowRules.UnknownLabel(entry.Text) : null;

            default:
                break;
        }

        // Ids and names may be numbers, and stand for themselves as written; prompts and answers are texts.
        var isText = entry.Slot is FieldSlot.Prompt or FieldSlot.Answer or FieldSlot.AnswerB
            or FieldSlot.NativePrompt or FieldSlot.NativeAnswerA or FieldSlot.NativeAnswerB;
        var isNative = entry.Slot >= FieldSlot.NativeId;
        FieldRef value;
        if (reader.TokenType == JsonTokenType.String)
        {
            value = reader.ValueIsEscaped ? Unescape(ref reader, rows) : new FieldRef(start + 1, reader.ValueSpan.Length);
            if (!value.IsPresent) return isNative ? null : JsonFaults.LoneSurrogate(entry.Text);
        }
        else if (reader.TokenType == JsonTokenType.Number && !isText)
        {
            value = new FieldRef(start, reader.ValueSpan.Length);
        }
        else if (entry.Slot == FieldSlot.Context)
        {
            // Retrieved passages are often a list or an object: they stand for themselves as written.
            var begun = reader.TokenStartIndex;
            reader.Skip();
            value = new FieldRef(start, (int)(reader.BytesConsumed - begun));
        }
        else
        {
            // A field that only happens to have one of JudgeBench's names is not ours to judge.
            return isNative ? null : JsonFaults.WrongType(entry.Text, reader.TokenType, isText ? "a text in quotes" : "a text or a number");
        }

        Slot(ref row, ref native, entry.Slot) = value;
        return null;
    }

    internal static ref FieldRef Slot(ref ParsedRow row, ref NativeRow native, FieldSlot slot)
    {
        switch (slot)
        {
            case FieldSlot.Id: return ref row.Id;
            case FieldSlot.Prompt: return ref row.Prompt;
            case FieldSlot.Answer: return ref row.Answer;
            case FieldSlot.AnswerB: return ref row.AnswerB;
            case FieldSlot.Reference: return ref row.Reference;
            case FieldSlot.Group: return ref row.Group;
            case FieldSlot.Category: return ref row.Category;
            case FieldSlot.Source: return ref row.Source;
            case FieldSlot.Context: return ref row.Context;
            case FieldSlot.NativeId: return ref native.Id;
            case FieldSlot.NativePrompt: return ref native.Prompt;
            case FieldSlot.NativeAnswerA: return ref native.AnswerA;
            case FieldSlot.NativeAnswerB: return ref native.AnswerB;
            default: throw new ArgumentOutOfRangeException(nameof(slot), slot, "This field holds no text.");
        }
    }

    /// <summary>Absent where the text has half a surrogate pair.</summary>
    private static FieldRef Unescape(ref Utf8JsonReader reader, ParsedRows rows)
    {
        var side = rows.Side;
        var room = side.Room(reader.ValueSpan.Length);
        try
        {
            var length = reader.CopyString(room);
            var value = new FieldRef(~side.Length, length);
            side.Advance(length);
            return value;
        }
        catch (InvalidOperationException)
        {
            return FieldRef.Absent;
        }
    }

    private int FindEscaped(ref Utf8JsonReader reader, ref int hint)
    {
        var name = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            return fields.Find(name.AsSpan(0, reader.CopyString(name)), ref hint);
        }
        catch (InvalidOperationException)
        {
            return -1; // No field of ours is named by half a character.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(name);
        }
    }

    private FieldRef AppendKept(ParsedRows rows, ReadOnlySpan<FieldRef> kept)
    {
        var side = rows.Side;
        var start = side.Length;
        for (var i = 0; i < kept.Length; i++)
        {
            if (!kept[i].IsPresent) continue;
            if (side.Length != start) side.AppendByte((byte)',');
            side.Append(fields.KeptNames[i]);
            side.Append(rows.Text(kept[i]));
        }

        return side.Length == start ? FieldRef.Absent : new FieldRef(~start, side.Length - start);
    }
}

/// <summary>The fields of a row of JudgeBench's own files: they count where both answers are there, in place of those of ours that are not.</summary>
internal struct NativeRow()
{
    public FieldRef Id = FieldRef.Absent;
    public FieldRef Prompt = FieldRef.Absent;
    public FieldRef AnswerA = FieldRef.Absent;
    public FieldRef AnswerB = FieldRef.Absent;

    public readonly bool HasAnswers => AnswerA.IsPresent && AnswerB.IsPresent;

    public readonly void Adopt(ref ParsedRow row)
    {
        if (!HasAnswers) return;
        if (!row.Id.IsPresent) row.Id = Id;
        if (!row.Prompt.IsPresent) row.Prompt = Prompt;
        if (!row.Answer.IsPresent) row.Answer = AnswerA;
        if (!row.AnswerB.IsPresent) row.AnswerB = AnswerB;
    }
}
