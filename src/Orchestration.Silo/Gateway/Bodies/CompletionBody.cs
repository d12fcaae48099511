using System.Text.Json;

namespace Orchestration.Silo.Gateway.Bodies;

/// <summary>What a completion's body says, as far as the gateway wants to know.</summary>
/// <param name="Text">The first choice's text, where it was asked for and there is one; null otherwise.</param>
internal readonly record struct CompletionBody(string? Text)
{
    /// <summary>Reads a body of status 200.</summary>
    /// <param name="bytes">The body.</param>
    /// <param name="wantsText">True to bring the text.</param>
    /// <param name="completion">What it says.</param>
    /// <returns>False where it is no completion: no JSON, an error, no choices.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, bool wantsText, out CompletionBody completion)
    {
        completion = default;
        var hasChoices = false;
        string? text = null;
        try
        {
            var json = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 128 });
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return false;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var isChoices = json.ValueTextEquals("choices"u8);
                var isError = json.ValueTextEquals("error"u8);
                json.Read();
                if (isError && json.TokenType == JsonTokenType.StartObject) return false;
                if (!isChoices || json.TokenType != JsonTokenType.StartArray)
                {
                    json.Skip();
                    continue;
                }

                while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                {
                    if (!hasChoices && json.TokenType == JsonTokenType.StartObject) text = Choice(ref json, "message"u8, wantsText);
                    else json.Skip();
                    hasChoices = true;
                }
            }

            if (json.Read()) return false;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }

        completion = new CompletionBody(text);
        return hasChoices;
    }

    /// <summary>The text of a choice: of its message, or of a stream's delta.</summary>
    public static string? Choice(ref Utf8JsonReader json, ReadOnlySpan<byte> message, bool wantsText)
    {
        string? text = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isMessage = json.ValueTextEquals(message);
            json.Read();
            if (!wantsText || !isMessage || json.TokenType != JsonTokenType.StartObject)
            {
                json.Skip();
                continue;
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var isContent = json.ValueTextEquals("content"u8);
                json.Read();
                if (isContent && json.TokenType == JsonTokenType.String) text = json.GetString();
                else json.Skip();
            }
        }

        return text;
    }
}
