using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Backends.Exchanges;
using Orchestration.Core.Configuration;

namespace Orchestration.Backends.Reward;

/// <summary>A reward as read.</summary>
internal sealed record ReadReward(double Value);

/// <summary>Writes what reward endpoints are asked and reads what they answer.</summary>
internal static class RewardMessages
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(IBufferWriter<byte> body, RewardForm form, string model, string prompt, string answer)
    {
        using var json = new Utf8JsonWriter(body, Options);
        json.WriteStartObject();
        json.WriteString("model"u8, model);
        if (form == RewardForm.Simple)
        {
            json.WriteString("prompt"u8, prompt);
            json.WriteString("answer"u8, answer);
        }
        else
        {
            json.WriteStartArray("messages"u8);
            Message(json, "user", prompt);
            Message(json, "assistant", answer);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary><c>{"score": number}</c>.</summary>
    public static bool TryReadSimple(ReadOnlySpan<byte> body, out ReadReward? reward, out string problem) =>
        TryRead(body, root => root.TryGetProperty("score", out var score) ? score : null, "'score'", out reward, out problem);

    /// <summary><c>{"data":[{"data":…}]}</c>: a number, or lists of them of which the last number is the reward of the whole answer.</summary>
    public static bool TryReadPooling(ReadOnlySpan<byte> body, out ReadReward? reward, out string problem) =>
        TryRead(body, Pooled, "'data[0].data'", out reward, out problem);

    private static JsonElement? Pooled(JsonElement root)
    {
        if (!root.TryGetProperty("data", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0) return null;
        if (list[0].ValueKind != JsonValueKind.Object || !list[0].TryGetProperty("data", out var value)) return null;
        while (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0) value = value[value.GetArrayLength() - 1];
        return value;
    }

    private static bool TryRead(ReadOnlySpan<byte> body, Func<JsonElement, JsonElement?> find, string place, out ReadReward? reward, out string problem)
    {
        reward = null;
        problem = $"the reply has no number in {place}";
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            while (reader.Read()) { }
            if (document.RootElement.ValueKind != JsonValueKind.Object) return false;
            if (find(document.RootElement) is not { ValueKind: JsonValueKind.Number } number || !number.TryGetDouble(out var value) || !double.IsFinite(value)) return false;
            reward = new ReadReward(value);
            return true;
        }
        catch (JsonException)
        {
            problem = "the reply is cut or not JSON";
            return false;
        }
    }

    private static void Message(Utf8JsonWriter json, string role, string content)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, role);
        json.WriteString("content"u8, content);
        json.WriteEndObject();
    }
}
