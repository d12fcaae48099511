using System.Text.Json;

namespace Orchestration.Backends.Clients;

/// <summary>What an exchange has to know of a body that somebody else wrote.</summary>
/// <param name="Bytes">The body.</param>
/// <param name="Model">Where the value of its <c>model</c> stands; null where it has none.</param>
/// <param name="IsStream">True where it asks for a stream.</param>
/// <param name="MaxOutputTokens">Its maximum output, all choices together; null where it states none.</param>
internal sealed record CallBody(ReadOnlyMemory<byte> Bytes, Range? Model, bool IsStream, int? MaxOutputTokens)
{
    /// <summary>Reads a body; one that is no JSON object is sent as it is.</summary>
    public static CallBody Read(ReadOnlyMemory<byte> bytes, bool isJson)
    {
        var plain = new CallBody(bytes, null, false, null);
        if (!isJson || bytes.IsEmpty) return plain;
        Range? model = null;
        var isStream = false;
        long? most = null;
        long choices = 1;
        try
        {
            var json = new Utf8JsonReader(bytes.Span);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return plain;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var isModel = json.ValueTextEquals("model"u8);
                var streams = json.ValueTextEquals("stream"u8);
                var limits = json.ValueTextEquals("max_tokens"u8) || json.ValueTextEquals("max_completion_tokens"u8) || json.ValueTextEquals("max_output_tokens"u8);
                var counts = json.ValueTextEquals("n"u8);
                json.Read();
                if (isModel && json.TokenType == JsonTokenType.String) model = new Range((int)json.TokenStartIndex, (int)json.BytesConsumed);
                else if (streams) isStream = json.TokenType == JsonTokenType.True;
                else if (limits && json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var limit)) most = Math.Max(most ?? 0, limit);
                else if (counts && json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var n)) choices = Math.Clamp(n, 1, 128);
                else json.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The endpoint will say what is wrong with it.
            return plain;
        }

        return new CallBody(bytes, model, isStream, most is { } stated ? (int)Math.Clamp(stated * choices, 0, int.MaxValue) : null);
    }
}
