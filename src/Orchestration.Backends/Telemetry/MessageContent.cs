using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orchestration.Backends.Telemetry;

/// <summary>
/// Texts of prompts and replies as attributes of a span, in the conventions' form: a JSON text of messages with parts. Only used where texts are asked
/// for. Data of images is left out.
/// </summary>
internal static class MessageContent
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Records the messages of a call, or the prompt and answer of a reward call.</summary>
    public static void RecordPrompt(Activity activity, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return;
            if (root.TryGetProperty("messages", out var messages) && messages.ValueKind == JsonValueKind.Array)
            {
                activity.SetTag("gen_ai.input.messages", Write(json =>
                {
                    foreach (var message in messages.EnumerateArray()) Message(json, message);
                }));
            }
            else if (String(root, "prompt") is { } prompt && String(root, "answer") is { } answer)
            {
                activity.SetTag("gen_ai.input.messages", Write(json =>
                {
                    Message(json, "user", prompt, null);
                    Message(json, "assistant", answer, null);
                }));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON: a file, for example. There is no prompt to be shown.
        }
    }

    /// <summary>Records messages; empty ones are left out.</summary>
    public static void RecordPrompt(Activity activity, IReadOnlyList<(string Role, string Text)> messages) =>
        activity.SetTag("gen_ai.input.messages", Write(json =>
        {
            foreach (var (role, text) in messages)
            {
                if (text.Length > 0) Message(json, role, text, null);
            }
        }));

    /// <summary>Records the text of a reply.</summary>
    public static void RecordReply(Activity activity, string text, string? finish) =>
        activity.SetTag("gen_ai.output.messages", Write(json => Message(json, "assistant", text, finish ?? "unknown")));

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Relaxed))
        {
            json.WriteStartArray();
            write(json);
            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    private static void Message(Utf8JsonWriter json, JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object) return;
        json.WriteStartObject();
        json.WriteString("role", String(message, "role") ?? "user");
        json.WriteStartArray("parts");
        if (message.TryGetProperty("content", out var content))
        {
            if (content.ValueKind == JsonValueKind.String) Part(json, content.GetString() ?? "");
            else if (content.ValueKind == JsonValueKind.Array)
            {
                foreach (var part in content.EnumerateArray()) Part(json, part);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Message(Utf8JsonWriter json, string role, string text, string? finish)
    {
        json.WriteStartObject();
        json.WriteString("role", role);
        json.WriteStartArray("parts");
        Part(json, text);
        json.WriteEndArray();
        if (finish is not null) json.WriteString("finish_reason", finish);
        json.WriteEndObject();
    }

    private static void Part(Utf8JsonWriter json, JsonElement part)
    {
        if (part.ValueKind != JsonValueKind.Object) return;
        if (String(part, "text") is { } text)
        {
            Part(json, text);
            return;
        }

        if (!part.TryGetProperty("image_url", out var image) || image.ValueKind != JsonValueKind.Object || String(image, "url") is not { } url) return;
        json.WriteStartObject();
        json.WriteString("type", "uri");
        json.WriteString("modality", "image");
        json.WriteString("uri", url.StartsWith("data:", StringComparison.OrdinalIgnoreCase) ? "data:" : url);
        json.WriteEndObject();
    }

    private static void Part(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type", "text");
        json.WriteString("content", text);
        json.WriteEndObject();
    }

    private static string? String(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
