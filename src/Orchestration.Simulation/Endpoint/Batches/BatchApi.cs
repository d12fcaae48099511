using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Orchestration.Simulation.Replies;

namespace Orchestration.Simulation.Endpoint.Batches;

/// <summary>The calls about files and batches.</summary>
internal sealed class BatchApi(ScriptedEndpointOptions options, FileShelf files, BatchDesk desk, CancellationToken stopping)
{
    private int _calls;

    /// <summary>The part of a path from <c>files</c> or <c>batches</c> on; null where it is about neither.</summary>
    public static string? Find(string path)
    {
        foreach (var name in new[] { "/files", "/batches" })
        {
            var at = path.IndexOf(name, StringComparison.Ordinal);
            if (at >= 0 && (path.Length == at + name.Length || path[at + name.Length] == '/')) return path[(at + 1)..].TrimEnd('/');
        }

        return null;
    }

    public async Task HandleAsync(EndpointResponse response, IFeatureCollection context, string path)
    {
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        var fault = options.Batches.CallFault?.Invoke(new ScriptedBatchCall(request.Method, path, Interlocked.Increment(ref _calls))) ?? ScriptedFault.None;
        if (Refusal.Of(fault) is { } refused)
        {
            if (Refusal.Header(fault, options.RetryAfter, default) is { } header && fault != ScriptedFault.RetryAfterDate) response.Header(header.Name, header.Value);
            await response.SendAsync(refused.Status, refused.Write).ConfigureAwait(false);
            return;
        }

        var answer = await AnswerAsync(context, request, path).ConfigureAwait(false);
        switch (fault)
        {
            case ScriptedFault.ConnectionReset:
                response.Reset();
                break;
            case ScriptedFault.Hang:
                await response.WaitForEndAsync(stopping).ConfigureAwait(false);
                response.Reset();
                break;
            case ScriptedFault.CutConnection:
                await response.SendPartAsync(output => output.Write(answer.Body), isAnnouncedWhole: true).ConfigureAwait(false);
                response.Abort();
                break;
            case ScriptedFault.InvalidJson:
                await response.SendAsync(200, static output => output.Write("upstream said: ok\n{"u8)).ConfigureAwait(false);
                break;
            default:
                await response.SendAsync(answer.Status, output => output.Write(answer.Body), answer.ContentType).ConfigureAwait(false);
                break;
        }
    }

    private async Task<Answer> AnswerAsync(IFeatureCollection context, IHttpRequestFeature request, string path)
    {
        var parts = path.Split('/');
        return (request.Method, parts) switch
        {
            ("POST", ["files"]) => await UploadAsync(request).ConfigureAwait(false),
            ("GET", ["files"]) => ListFiles(QueryHelpers.ParseQuery(request.QueryString)),
            ("GET", ["files", var id]) => files.Find(id) is { } file ? Json(200, file.Write) : NoFile(id),
            ("GET", ["files", var id, "content"]) => files.Find(id) is { } file ? new Answer(200, file.Content, "application/octet-stream") : NoFile(id),
            ("DELETE", ["files", var id]) => files.Remove(id) ? Json(200, json => Deleted(json, id)) : NoFile(id),
            ("POST", ["batches"]) => Create(await RequestBody.ReadAsync(context, static body => body.ToArray()).ConfigureAwait(false)),
            ("GET", ["batches"]) => ListBatches(QueryHelpers.ParseQuery(request.QueryString)),
            ("GET", ["batches", var id]) => Of(id, desk.TryWrite),
            ("POST", ["batches", var id, "cancel"]) => Of(id, desk.TryCancel),
            _ => Refused(404, $"Invalid URL ({request.Method} /v1/{path})", null, null),
        };
    }

    private async Task<Answer> UploadAsync(IHttpRequestFeature request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.Headers.ContentType.ToString(), out var type) || !string.Equals(type.MediaType.Value, "multipart/form-data", StringComparison.OrdinalIgnoreCase))
            return Refused(400, "The request must be multipart/form-data.", null, null);
        var (purpose, name, content) = ("", "", (byte[]?)null);
        try
        {
            var reader = new MultipartReader(HeaderUtilities.RemoveQuotes(type.Boundary).ToString(), request.Body);
            while (await reader.ReadNextSectionAsync(stopping).ConfigureAwait(false) is { } section)
            {
                var disposition = section.GetContentDispositionHeader();
                var field = HeaderUtilities.RemoveQuotes(disposition?.Name ?? "").Value;
                using var bytes = new MemoryStream();
                await section.Body.CopyToAsync(bytes, stopping).ConfigureAwait(false);
                if (field == "purpose") purpose = System.Text.Encoding.UTF8.GetString(bytes.ToArray());
                if (field == "file") (name, content) = (HeaderUtilities.RemoveQuotes(disposition!.FileName).Value ?? "", bytes.ToArray());
            }
        }
        catch (InvalidDataException)
        {
            return Refused(400, "The form cannot be read.", null, null);
        }

        if (content is null) return Refused(400, "'file' is a required property", null, "file");
        if (purpose.Length == 0) return Refused(400, "'purpose' is a required property", null, "purpose");
        if (purpose != "batch") return Refused(400, $"'{purpose}' is not one of ['batch'] - 'purpose'", null, "purpose");
        if (!name.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase)) return Refused(400, "Invalid file format for Batch API. Must be .jsonl", "invalid_file_format", "file");
        if (content.Length == 0) return Refused(400, "File is empty.", null, "file");
        if (content.Length > options.Batches.MaxBytes) return Refused(413, string.Create(CultureInfo.InvariantCulture, $"File too large: {content.Length} bytes exceed {options.Batches.MaxBytes}."), "file_too_large", "file");
        return Json(200, files.Add(name, purpose, content).Write);
    }

    private Answer ListFiles(Dictionary<string, Microsoft.Extensions.Primitives.StringValues> query)
    {
        var purpose = query.TryGetValue("purpose", out var wanted) ? wanted.ToString() : null;
        var all = files.All().Where(file => purpose is null || string.Equals(file.Purpose, purpose, StringComparison.Ordinal)).ToList();
        return Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "list"u8);
            json.WriteStartArray("data"u8);
            foreach (var file in all) file.Write(json);
            json.WriteEndArray();
            json.WriteBoolean("has_more"u8, false);
            json.WriteEndObject();
        });
    }

    private Answer Create(byte[] body)
    {
        string? input, endpoint, window;
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            (input, endpoint, window) = (Text(root, "input_file_id"), Text(root, "endpoint"), Text(root, "completion_window"));
            if (root.TryGetProperty("metadata", out var pairs) && pairs.ValueKind == JsonValueKind.Object)
            {
                foreach (var pair in pairs.EnumerateObject()) metadata[pair.Name] = pair.Value.GetString() ?? "";
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Refused(400, "We could not parse the JSON body of your request.", null, null);
        }

        if (input is null) return Refused(400, "Missing required parameter: 'input_file_id'.", "missing_required_parameter", "input_file_id");
        if (endpoint != "/v1/chat/completions") return Refused(400, $"Invalid value: '{endpoint}'. Supported values are: '/v1/chat/completions'.", "invalid_value", "endpoint");
        if (window != "24h") return Refused(400, $"Invalid value: '{window}'. Supported values are: '24h'.", "invalid_value", "completion_window");
        if (metadata.Count > 16 || metadata.Any(pair => pair.Key.Length > 64 || pair.Value.Length > 512)) return Refused(400, "Metadata has at most 16 pairs, with keys of at most 64 characters and values of at most 512.", "invalid_value", "metadata");
        if (files.Find(input) is not { } file) return Refused(400, $"File '{input}' does not exist or is not accessible.", "invalid_file_id", "input_file_id");
        if (file.Purpose != "batch") return Refused(400, $"Invalid file purpose: '{file.Purpose}'. Expected: 'batch'.", "invalid_value", "input_file_id");
        return Of(desk.Create(file, endpoint, window, metadata).Id, desk.TryWrite);
    }

    private Answer ListBatches(Dictionary<string, Microsoft.Extensions.Primitives.StringValues> query)
    {
        var after = query.TryGetValue("after", out var id) ? id.ToString() : null;
        var limit = query.TryGetValue("limit", out var text) && int.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? Math.Clamp(given, 1, 100) : 20;
        var output = new ArrayBufferWriter<byte>();
        desk.List(after, limit, output);
        return new Answer(200, output.WrittenSpan.ToArray());
    }

    private static Answer Of(string id, Func<string, IBufferWriter<byte>, bool> write)
    {
        var output = new ArrayBufferWriter<byte>();
        return write(id, output) ? new Answer(200, output.WrittenSpan.ToArray()) : Refused(404, $"No batch found with id '{id}'.", null, "batch_id");
    }

    private static Answer NoFile(string id) => Refused(404, $"No such File object: {id}", null, "id");

    private static Answer Refused(int status, string message, string? code, string? parameter)
    {
        var output = new ArrayBufferWriter<byte>();
        new Refusal(status, message, "invalid_request_error", code, parameter).Write(output);
        return new Answer(status, output.WrittenSpan.ToArray());
    }

    private static Answer Json(int status, Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, CompletionWriter.Options)) write(json);
        return new Answer(status, output.WrittenSpan.ToArray());
    }

    private static void Deleted(Utf8JsonWriter json, string id)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("object"u8, "file"u8);
        json.WriteBoolean("deleted"u8, true);
        json.WriteEndObject();
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private readonly record struct Answer(int Status, byte[] Body, string ContentType = "application/json");
}
