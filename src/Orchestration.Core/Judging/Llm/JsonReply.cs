using System.Buffers;
using System.Text;
using System.Text.Json;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Llm;

/// <summary>
/// Reads <c>{"rationale": …, "score": n}</c> or, for several dimensions, <c>{"rationale": …, "scores": {"name": n, …}}</c>.
/// The object begins its line (a code fence may stand before it), is complete JSON, and is the last thing in the reply apart from white space and
/// the end of a fence. Of several objects the last counts. A broken object makes the reply unreadable: what stands in it may be a quotation.
/// </summary>
/// <remarks>
/// A score is a JSON number. A numeric string, null, or a member that stands twice makes the reply unreadable; members with other names are
/// passed over, so that a model may add what it likes.
/// </remarks>
internal static class JsonReply
{
    private const int StackBytes = 1024;

    public static ReadOutcome Read(ReadOnlySpan<char> text, IReadOnlyList<RubricDimension> dimensions)
    {
        text = text.TrimEnd();
        if (text.EndsWith("```", StringComparison.Ordinal)) text = text[..^3].TrimEnd();
        if (!text.EndsWith('}')) return ReadOutcome.Unreadable;

        var size = Encoding.UTF8.GetMaxByteCount(text.Length);
        var rented = size > StackBytes ? ArrayPool<byte>.Shared.Rent(size) : null;
        var buffer = rented ?? stackalloc byte[StackBytes];
        try
        {
            return Read(buffer[..Encoding.UTF8.GetBytes(text, buffer)], dimensions);
        }
        catch (JsonException)
        {
            return ReadOutcome.Unreadable;
        }
        finally
        {
            if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static ReadOutcome Read(ReadOnlySpan<byte> text, IReadOnlyList<RubricDimension> dimensions)
    {
        var result = ReadOutcome.Unreadable;
        for (var at = JsonObjects.Next(text, 0); at >= 0; at = JsonObjects.Next(text, at))
        {
            var reader = new Utf8JsonReader(text[at..]);
            result = ReadObject(ref reader, dimensions);
            at += (int)reader.BytesConsumed;
            if (at < text.Length) result = ReadOutcome.Unreadable;
        }

        return result;
    }

    private static ReadOutcome ReadObject(ref Utf8JsonReader reader, IReadOnlyList<RubricDimension> dimensions)
    {
        string? rationale = null;
        var values = new double[dimensions.Count];
        var found = false;
        var isSound = true;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("rationale"u8))
            {
                reader.Read();
                rationale = reader.TokenType == JsonTokenType.String ? TextOf(ref reader) : null;
                reader.Skip();
            }
            else if (dimensions.Count == 1 ? reader.ValueTextEquals("score"u8) : reader.ValueTextEquals("scores"u8))
            {
                reader.Read();
                isSound &= !found & (dimensions.Count == 1 ? ReadNumber(ref reader, out values[0]) : ReadScores(ref reader, dimensions, values));
                found = true;
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return found && isSound ? OnScale(values, dimensions, rationale) : ReadOutcome.Unreadable;
    }

    private static bool ReadScores(ref Utf8JsonReader reader, IReadOnlyList<RubricDimension> dimensions, double[] values)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return false;
        }

        var found = 0;
        var isSound = true;
        Array.Fill(values, double.NaN);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = IndexOf(ref reader, dimensions);
            reader.Read();
            if (index < 0)
            {
                reader.Skip();
                continue;
            }

            isSound &= double.IsNaN(values[index]) & ReadNumber(ref reader, out values[index]);
            found++;
        }

        return isSound && found == dimensions.Count;
    }

    private static int IndexOf(ref Utf8JsonReader reader, IReadOnlyList<RubricDimension> dimensions)
    {
        for (var i = 0; i < dimensions.Count; i++)
        {
            if (reader.ValueTextEquals(dimensions[i].Name)) return i;
        }

        return -1;
    }

    private static bool ReadNumber(ref Utf8JsonReader reader, out double value)
    {
        value = 0;
        if (reader.TokenType != JsonTokenType.Number)
        {
            reader.Skip();
            return false;
        }

        // A number too large for a double is infinite here and so off every scale. Adding zero turns −0 into 0.
        if (!reader.TryGetDouble(out value)) value = double.PositiveInfinity;
        value += 0.0;
        return true;
    }

    private static ReadOutcome OnScale(double[] values, IReadOnlyList<RubricDimension> dimensions, string? rationale)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!dimensions[i].Scale.Contains(values[i])) return ReadOutcome.OffScale;
        }

        return ReadOutcome.Of(values, rationale);
    }

    // An escape that is half of a surrogate pair has no text; it spoils the rationale and not the score.
    private static string? TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
