using System.Text.Json;

namespace Orchestration.Simulation.Replies;

/// <summary>A call for a reward, in the simple form or in the pooling one.</summary>
internal sealed record RewardCall(string Model, string Prompt, string Answer, bool IsPooling)
{
    /// <summary>The call, or null where the body is none.</summary>
    public static RewardCall? Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            var model = root.TryGetProperty("model", out var name) ? name.GetString() ?? "" : "";
            if (root.TryGetProperty("messages", out var messages) && messages.GetArrayLength() == 2)
                return new RewardCall(model, messages[0].GetProperty("content").GetString() ?? "", messages[1].GetProperty("content").GetString() ?? "", true);
            return new RewardCall(model, root.GetProperty("prompt").GetString() ?? "", root.GetProperty("answer").GetString() ?? "", false);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }
}
