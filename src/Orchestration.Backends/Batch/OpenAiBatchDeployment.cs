using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Orchestration.Backends.Chat;
using Orchestration.Backends.Exchanges;
using Orchestration.Core;
using Orchestration.Core.Batches;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Backends.Batch;

/// <summary>Files and batches in OpenAI's form, which Azure OpenAI and others speak too. Safe for concurrent use.</summary>
public sealed class OpenAiBatchDeployment : IBatchDeployment, IDisposable
{
    /// <summary>The key of a batch's metadata that holds its intent.</summary>
    private const string IntentKey = "orchestration_intent";

    private const int PageSize = 100;

    private static readonly TimeSpan TransferTimeout = TimeSpan.FromMinutes(15);

    private readonly DeploymentConfig _config;
    private readonly EndpointConfig _endpoint;
    private readonly ChatRequestWriter _writer;
    private readonly BatchHttp _http;
    private readonly JsonEncodedText _path;

    /// <summary>Creates it; nothing is sent and no key is read before the first call.</summary>
    /// <param name="config">The deployment as configured.</param>
    /// <param name="services">What it shares with its surroundings.</param>
    /// <exception cref="OrchestrationException"><see cref="ErrorCodes.Configuration"/>: it is a reward deployment.</exception>
    public OpenAiBatchDeployment(DeploymentConfig config, DeploymentServices services)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(services);
        if (!config.IsChat) throw new OrchestrationException(ErrorCodes.Configuration, $"deployment '{config.Name}' is of 'kind: reward' and has no batches.");
        _config = config;

        // Of a pool the first: a batch is known where it was made, and its price does not depend on how many endpoints there are.
        _endpoint = config.Endpoints[0];
        _writer = new ChatRequestWriter(config);
        _http = new BatchHttp(config, _endpoint, services);
        _path = JsonEncodedText.Encode(config.Batch.Path);
    }

    /// <inheritdoc/>
    public string Name => _config.Name;

    /// <inheritdoc/>
    public BatchOptions Options => _config.Batch;

    /// <inheritdoc/>
    public void WriteLine(IBufferWriter<byte> output, string customId, ChatRequest request)
    {
        ArgumentNullException.ThrowIfNull(output);
        using var body = new PooledBuffer();
        _writer.Write(body, _endpoint.ServedAs ?? _config.Model.Name, request);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("custom_id"u8, customId);
            json.WriteString("method"u8, "POST"u8);
            json.WriteString("url"u8, _path);
            json.WritePropertyName("body"u8);
            json.WriteRawValue(body.Written, skipInputValidation: true);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    /// <inheritdoc/>
    public ValueTask<string> UploadAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => _http.RepeatAsync(
        () =>
        {
            var file = new ReadOnlyMemoryContent(content);
            file.Headers.ContentType = new MediaTypeHeaderValue("application/jsonl");
            return new HttpRequestMessage(HttpMethod.Post, At("/files"))
            {
                Content = new MultipartFormDataContent { { new StringContent("batch"), "purpose" }, { file, "file", name } },
            };
        },
        TransferTimeout,
        async (response, stop) =>
        {
            using var document = await JsonAsync(response, stop).ConfigureAwait(false);
            return Text(document.RootElement, "id") ?? throw new JsonException();
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<RemoteBatch?> CreateAsync(string fileId, string intent, CancellationToken cancellationToken)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("input_file_id"u8, fileId);
            json.WriteString("endpoint"u8, _path);
            json.WriteString("completion_window"u8, "24h"u8);
            json.WriteStartObject("metadata"u8);
            json.WriteString(IntentKey, intent);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        var content = new ReadOnlyMemoryContent(body.WrittenMemory);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return _http.OnceAsync(new HttpRequestMessage(HttpMethod.Post, At("/batches")) { Content = content }, _config.Timeout, ReadBatchAsync, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<RemoteBatch> GetAsync(string id, CancellationToken cancellationToken) =>
        _http.RepeatAsync(() => new HttpRequestMessage(HttpMethod.Get, At("/batches/" + Uri.EscapeDataString(id))), _config.Timeout, ReadBatchAsync, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<RemoteBatch?> FindAsync(string intent, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var earliest = since.ToUnixTimeSeconds();
        string? after = null;
        while (true)
        {
            var query = string.Create(CultureInfo.InvariantCulture, $"limit={PageSize}{(after is null ? "" : "&after=" + Uri.EscapeDataString(after))}");
            var (found, next) = await _http.RepeatAsync(
                () => new HttpRequestMessage(HttpMethod.Get, At("/batches", query)),
                _config.Timeout,
                async (response, stop) =>
                {
                    using var document = await JsonAsync(response, stop).ConfigureAwait(false);
                    return Page(document.RootElement, intent, earliest);
                },
                cancellationToken).ConfigureAwait(false);
            if (found is not null || next is null) return found;
            after = next;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<BatchLine> ReadAsync(RemoteBatch batch, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        foreach (var file in new[] { batch.OutputFile, batch.ErrorFile })
        {
            if (file is null) continue;
            var content = await _http.RepeatAsync(
                () => new HttpRequestMessage(HttpMethod.Get, At($"/files/{Uri.EscapeDataString(file)}/content")),
                TransferTimeout,
                static async (response, stop) => await response.Content.ReadAsByteArrayAsync(stop).ConfigureAwait(false),
                cancellationToken).ConfigureAwait(false);
            for (var at = 0; at < content.Length;)
            {
                var end = Array.IndexOf(content, (byte)'\n', at);
                if (end < 0) end = content.Length;
                if (Line(content.AsMemory(at, end - at)) is { } line) yield return line;
                at = end + 1;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask RemoveFilesAsync(RemoteBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        foreach (var file in new[] { batch.InputFile, batch.OutputFile, batch.ErrorFile })
        {
            if (file is null) continue;
            try
            {
                await _http.RepeatAsync(() => new HttpRequestMessage(HttpMethod.Delete, At("/files/" + Uri.EscapeDataString(file))), _config.Timeout, static (_, _) => ValueTask.FromResult(true), cancellationToken).ConfigureAwait(false);
            }
            catch (OrchestrationException)
            {
                // Gone already, or not ours to remove: it harms nobody where it is.
            }
        }
    }

    /// <summary>Closes its connections.</summary>
    public void Dispose() => _http.Dispose();

    private Uri At(string path, string? query = null)
    {
        var address = EndpointAddress.Append(_endpoint.Address, path);
        return query is null ? address : new Uri(address + (address.Query.Length == 0 ? "?" : "&") + query);
    }

    private async ValueTask<RemoteBatch> ReadBatchAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var document = await JsonAsync(response, cancellationToken).ConfigureAwait(false);
        return Batch(document.RootElement);
    }

    private static async ValueTask<JsonDocument> JsonAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        var document = JsonDocument.Parse(bytes);
        if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
        document.Dispose();
        throw new JsonException();
    }

    /// <summary>The batch of an intent on a page of a list, newest first; else what the next page follows, null where none may have it.</summary>
    private (RemoteBatch? Found, string? Next) Page(JsonElement page, string intent, long earliest)
    {
        string? last = null;
        if (!page.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array) throw new JsonException();
        foreach (var entry in data.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object) throw new JsonException();
            last = Text(entry, "id");
            if (entry.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object && Text(metadata, IntentKey) == intent) return (Batch(entry), null);
            if (Number(entry, "created_at") is > 0 and var created && created < earliest) return (null, null);
        }

        var goesOn = page.TryGetProperty("has_more", out var more) && more.ValueKind == JsonValueKind.True;
        return (null, goesOn ? last : null);
    }

    private RemoteBatch Batch(JsonElement root)
    {
        var status = Text(root, "status") ?? throw new JsonException();
        var state = status switch
        {
            "completed" => RemoteBatchState.Completed,
            "failed" => RemoteBatchState.Failed,
            "expired" => RemoteBatchState.Expired,
            "cancelled" => RemoteBatchState.Cancelled,
            _ => RemoteBatchState.Working,
        };
        long done = 0;
        if (root.TryGetProperty("request_counts", out var counts) && counts.ValueKind == JsonValueKind.Object)
            done = Number(counts, "completed") + Number(counts, "failed");
        string? code = null, message = null;
        if (root.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Object
            && errors.TryGetProperty("data", out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0)
        {
            var first = list[0];
            if (first.ValueKind != JsonValueKind.Object) throw new JsonException();
            code = Text(first, "code");
            message = Text(first, "message") is { } text ? _http.Clean(text) : null;
            if (Number(first, "line") is > 0 and var line) message = string.Create(CultureInfo.InvariantCulture, $"line {line}: {message}");
        }

        return new RemoteBatch(Text(root, "id") ?? throw new JsonException(), state, status, done, Text(root, "input_file_id"), Text(root, "output_file_id"), Text(root, "error_file_id"), code, message);
    }

    /// <summary>What a line says; null where it cannot be told whose it is.</summary>
    private BatchLine? Line(ReadOnlyMemory<byte> text)
    {
        if (text.Span.Trim(" \r\t"u8).IsEmpty) return null;
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Text(root, "custom_id") is not { } id) return null;
            if (!root.TryGetProperty("response", out var response) || response.ValueKind != JsonValueKind.Object)
            {
                var code = root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object ? Text(error, "code") : null;
                return new BatchLine(id, null, IsCharged: false, code) { IsUntouched = code is "batch_expired" or "batch_cancelled" };
            }

            var status = Number(response, "status_code");
            if (status != 200) return new BatchLine(id, null, IsCharged: false, status.ToString(CultureInfo.InvariantCulture));
            var body = response.TryGetProperty("body", out var inner) ? Encoding.UTF8.GetBytes(inner.GetRawText()) : [];
            if (!ChatReplyReader.TryRead(body, out var completion, out var problem)) return new BatchLine(id, null, IsCharged: true, problem);
            var usage = completion!.Usage ?? default;
            return new BatchLine(
                id,
                completion.Reply with
                {
                    Totals = new(1, 0, usage, (_config.Prices?.Cost(usage) ?? 0) * Options.PriceFactor),
                    UnknownAttempts = completion.Usage is null ? 1 : 0,
                },
                IsCharged: true,
                null);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : 0;
}
