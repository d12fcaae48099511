using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Orchestration.Backends.Exchanges;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Backends.Clients;

/// <summary>
/// A deployment as a chat client. A reply carries the <see cref="ChatReply"/> that it was made from as its raw representation, with attempts and cost.
/// Waits, retries and limits are the deployment's. Without a reply it throws <see cref="ChatCallException"/>.
/// </summary>
internal sealed class DeploymentChatClient(OpenAiChatDeployment deployment, DeploymentConfig config, CallOrigin origin) : IChatClient
{
    private readonly ClientRequestWriter _writer = new(config);
    private readonly ChatClientMetadata _metadata = new(config.Kind == DeploymentKind.AzureOpenAi ? "azure.ai.openai" : "openai", config.Endpoint, config.Model.Name);

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var (reply, id) = await deployment.SendAsync(Request(messages, options, isStream: false), cancellationToken).ConfigureAwait(false);
        if (reply.Failure is { } failure)
        {
            // A call that was cancelled after it may have been charged ends with a value; to a chat client it is a cancellation all the same.
            cancellationToken.ThrowIfCancellationRequested();
            throw new ChatCallException(failure, $"deployment '{config.Name}': {failure}: {reply.FailureDetail}");
        }

        var contents = new List<AIContent>();
        if (reply.Text.Length > 0 || reply.Refusal is null) contents.Add(new TextContent(reply.Text));
        if (reply.Refusal is { } refusal) contents.Add(new ErrorContent(refusal) { ErrorCode = "Refusal" });
        var response = new ChatResponse(new ChatMessage(ChatRole.Assistant, contents) { MessageId = id })
        {
            ResponseId = id,
            ModelId = reply.ServedModel ?? config.Model.Name,
            FinishReason = reply.Finish switch
            {
                FinishReason.Stop => ChatFinishReason.Stop,
                FinishReason.Length => ChatFinishReason.Length,
                FinishReason.ContentFilter => ChatFinishReason.ContentFilter,
                _ => null,
            },
            RawRepresentation = reply,
            AdditionalProperties = new AdditionalPropertiesDictionary { ["CostUsd"] = reply.Totals.CostUsd, ["Attempts"] = reply.Totals.Calls + reply.Totals.Failures },
        };
        if (reply.Fingerprint is { } fingerprint) response.AdditionalProperties["SystemFingerprint"] = fingerprint;
        if (reply.Totals.Usage != default) response.Usage = Details(reply.Totals.Usage);
        return response;
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var reply = await deployment.Exchange.SendAsync(Request(messages, options, isStream: true), isStream: true, cancellationToken).ConfigureAwait(false);
        if (reply.Stream is not { } stream) throw Refused(reply);
        var isDone = false;
        await using var events = SseParser.Create(stream).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(events).ConfigureAwait(false))
        {
            if (events.Current.Data == "[DONE]")
            {
                isDone = true;
                continue;
            }

            var update = Read(events.Current.Data);
            isDone |= update.FinishReason is not null;
            yield return update;
        }

        if (!isDone) throw new ChatCallException(UnscoredReason.Unavailable, $"deployment '{config.Name}': the stream ended before the reply was complete.");
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType == typeof(ChatClientMetadata)) return _metadata;
        if (serviceType.IsInstanceOfType(this)) return this;
        return serviceType.IsInstanceOfType(deployment) ? deployment : null;
    }

    /// <summary>Nothing is held: the deployment is its maker's.</summary>
    public void Dispose()
    {
    }

    private static UsageDetails Details(in TokenUsage usage) => new()
    {
        InputTokenCount = usage.Input,
        OutputTokenCount = usage.Output,
        TotalTokenCount = usage.Input + usage.Output,
        CachedInputTokenCount = usage.CachedInput,
        ReasoningTokenCount = usage.Reasoning,
    };

    private ExchangeRequest Request(IEnumerable<ChatMessage> messages, ChatOptions? options, bool isStream)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var all = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        return new ExchangeRequest
        {
            WriteBody = (body, model) => _writer.Write(body, model, all, options, isStream),
            MaxOutputTokens = _writer.MaxOutputTokens(options),
            Origin = origin,
        };
    }

    private async ValueTask<bool> NextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        try
        {
            return await events.MoveNextAsync().ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new ChatCallException(UnscoredReason.Unavailable, $"deployment '{config.Name}': {e.Message}", e);
        }
    }

    private ChatCallException Refused(ExchangeReply reply)
    {
        var error = ErrorBody.Read(reply.Body.Span);
        var reason = error.IsFiltered ? UnscoredReason.Filtered
            : reply.Status == 413 || error.IsTooLong ? UnscoredReason.TooLong
            : AttemptReading.IsWorthAnother(reply.Status) ? UnscoredReason.Unavailable
            : UnscoredReason.Rejected;

        // Of a 401 nothing is quoted: endpoints repeat parts of the key in it.
        var said = reply.Status == 401 ? "the key or token was not taken" : Redaction.Clean(error.Message, null);
        return new ChatCallException(reason, FormattableString.Invariant($"deployment '{config.Name}' answered {reply.Status}: {said}"));
    }

    private ChatResponseUpdate Read(string data)
    {
        try
        {
            using var document = JsonDocument.Parse(data);
            var root = document.RootElement;
            if (root.TryGetProperty("error", out _))
                throw new ChatCallException(UnscoredReason.Unavailable, $"deployment '{config.Name}': in the stream: {Redaction.Clean(ErrorBody.Read(System.Text.Encoding.UTF8.GetBytes(data)).Message, null)}");
            var facts = ReplyFacts.Read(System.Text.Encoding.UTF8.GetBytes(data), keepText: true) ?? new ReplyFacts();
            var update = new ChatResponseUpdate(ChatRole.Assistant, facts.Text ?? "")
            {
                ResponseId = facts.Id,
                MessageId = facts.Id,
                ModelId = facts.Model,
                FinishReason = facts.Finish is { Length: > 0 } finish ? new ChatFinishReason(finish) : null,
            };
            if (facts.Text is null) update.Contents.Clear();
            if (facts.Usage is { } usage) update.Contents.Add(new UsageContent(Details(usage)));
            if (facts.Fingerprint is { } fingerprint) update.AdditionalProperties = new AdditionalPropertiesDictionary { ["SystemFingerprint"] = fingerprint };
            return update;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ChatCallException(UnscoredReason.Unreadable, $"deployment '{config.Name}': an event of the stream is no JSON.", e);
        }
    }
}
