using System.Text;
using System.Text.Json;
using Orchestration.Simulation.Replies;

namespace Orchestration.Simulation.Endpoint.Batches;

/// <summary>One line of a batch's file.</summary>
internal sealed record BatchLine(string CustomId, ScriptedCall Call, ulong Hash);

/// <summary>Why a file cannot be a batch's.</summary>
internal sealed record BatchFault(string Code, string Message, string? Parameter, int? Line);

/// <summary>Reads a file of requests as strictly as the real endpoint: one wrong line fails the whole batch.</summary>
internal static class BatchFile
{
    /// <summary>Faults told of one file, at most.</summary>
    private const int MaxFaults = 50;

    public static (List<BatchLine> Lines, List<BatchFault> Faults) Read(byte[] content, string endpoint, int maxRequests, IReadOnlyList<string> models)
    {
        var lines = new List<BatchLine>();
        var faults = new List<BatchFault>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        string? model = null;
        var (at, number) = (0, 0);
        while (at < content.Length && faults.Count < MaxFaults)
        {
            var end = Array.IndexOf(content, (byte)'\n', at);
            if (end < 0) end = content.Length;
            var text = content.AsMemory(at, end - at);
            at = end + 1;
            number++;
            if (text.Span.Trim(" \r\t"u8).IsEmpty) continue;
            if (ReadLine(text, endpoint, number, ids, models, ref model, faults) is { } line) lines.Add(line);
        }

        if (faults.Count == 0 && lines.Count == 0) faults.Add(new BatchFault("empty_file", "The input file is empty. Please ensure that the batch contains at least one request.", null, null));
        if (lines.Count > maxRequests) faults.Add(new BatchFault("request_limit_exceeded", $"The batch contains {lines.Count} requests, which exceeds the maximum of {maxRequests}.", null, null));
        return (lines, faults);
    }

    private static BatchLine? ReadLine(ReadOnlyMemory<byte> text, string endpoint, int number, HashSet<string> ids, IReadOnlyList<string> models, ref string? model, List<BatchFault> faults)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            return Fail("invalid_json_line", "This line is not parseable as valid JSON.", null);
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return Fail("invalid_json_line", "This line is no JSON object.", null);
            if (Text(root, "custom_id") is not { } id) return Fail("missing_required_parameter", "Missing required parameter: 'custom_id'.", "custom_id");
            if (id.Length is 0 or > 64) return Fail("invalid_custom_id", "The custom_id must have from 1 to 64 characters.", "custom_id");
            if (!string.Equals(Text(root, "method"), "POST", StringComparison.Ordinal)) return Fail("invalid_method", "The method must be POST.", "method");
            if (!string.Equals(Text(root, "url"), endpoint, StringComparison.Ordinal)) return Fail("invalid_url", "The URL provided for this request does not match the batch's endpoint.", "url");
            if (!root.TryGetProperty("body", out var body) || body.ValueKind != JsonValueKind.Object) return Fail("missing_required_parameter", "Missing required parameter: 'body'.", "body");
            if (Text(body, "model") is not { } asked) return Fail("missing_required_parameter", "Missing required parameter: 'body.model'.", "body.model");
            if (models.Count > 0 && !models.Contains(asked, StringComparer.Ordinal)) return Fail("model_not_found", $"The provided model '{asked}' is not supported by the Batch API.", "body.model");
            model ??= asked;
            if (!string.Equals(model, asked, StringComparison.Ordinal)) return Fail("mismatched_model", $"All requests of a batch use one model; this one uses '{asked}', the first '{model}'.", "body.model");
            if (body.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True) return Fail("invalid_request", "Streams are not supported in batches.", "body.stream");
            if (!ids.Add(id)) return Fail("duplicate_custom_id", $"The custom_id '{id}' occurs more than once.", "custom_id");

            // The body's bytes as they stand, so that a line is the same content as a single call.
            var bytes = Encoding.UTF8.GetBytes(body.GetRawText());
            var hash = ContentHash.Of(bytes);
            return CallReader.Read(bytes, hash) is { } call ? new BatchLine(id, call, hash) : Fail("invalid_request", "The body is no completion request.", "body");
        }

        BatchLine? Fail(string code, string message, string? parameter)
        {
            faults.Add(new BatchFault(code, message, parameter, number));
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
