using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Orchestration.Backends.Exchanges;
using Orchestration.Backends.Telemetry;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Quotas;
using FinishReason = Orchestration.Core.Judging.Deployments.FinishReason;

namespace Orchestration.Backends.Clients;

/// <summary>
/// Any chat client as a deployment. Transport and retries are the client's; the cap on calls in flight, the quota, the time-out, money and telemetry are
/// kept here. A call is sent once; what the client sends again it hides, so that such attempts are counted in none of the figures. An attempt whose
/// usage does not arrive counts as unknown. Safe for concurrent use where the client is.
/// </summary>
public sealed class ChatClientDeployment : IChatDeployment, IDisposable
{
    private readonly IChatClient _client;
    private readonly ChatClientDeploymentOptions _options;
    private readonly DeploymentServices _services;
    private readonly CallSubject _subject;
    private readonly Uri? _address;
    private readonly SemaphoreSlim _places;
    private readonly QuotaGate? _gate;
    private readonly TokenEstimate _estimate = new(DeploymentConfig.UsualImageTokens);
    private readonly Chat.ServedModels _served;

    /// <summary>Creates it.</summary>
    /// <param name="name">Its name, as a deployment's in the configuration.</param>
    /// <param name="model">The model: part of every judge's version.</param>
    /// <param name="client">The client; not disposed of here.</param>
    /// <param name="services">What it shares with its surroundings.</param>
    /// <param name="options">What is known of it; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public ChatClientDeployment(string name, ModelIdentity model, IChatClient client, DeploymentServices services, ChatClientDeploymentOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(services);
        options ??= new ChatClientDeploymentOptions();
        if (options.Concurrency is < 1 or > 4096 || options.MaxAttempts < 1 || options.Timeout <= TimeSpan.Zero || options.RequestsPerMinute < 1 || options.TokensPerMinute < 1)
            throw new ArgumentException($"deployment '{name}': concurrency is 1 to 4096, attempts and limits are at least 1, the time-out is more than 0.", nameof(options));
        Name = name;
        Model = model;
        _client = client;
        _options = options;
        _services = services;
        var metadata = client.GetService(typeof(ChatClientMetadata)) as ChatClientMetadata;
        _address = metadata?.ProviderUri;
        _subject = new CallSubject(name, model.Name, metadata?.ProviderName ?? "unknown", options.Prices, null, CallSubject.MayRecordContent(services));
        _places = new SemaphoreSlim(options.Concurrency, options.Concurrency);
        _served = new Chat.ServedModels(name, services.Board);
        var bucket = new QuotaBucket($"deployment/{name}", options.RequestsPerMinute, options.TokensPerMinute);
        if (bucket.IsLimited) _gate = new QuotaGate(services.Quotas ?? new LocalQuotaAuthority(services.Time), () => [bucket], services.Time);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ModelIdentity Model { get; }

    /// <inheritdoc/>
    public TokenPrices? Prices => _options.Prices;

    /// <inheritdoc/>
    public int Concurrency => _options.Concurrency;

    /// <inheritdoc/>
    public int MaxAttempts => _options.MaxAttempts;

    /// <inheritdoc/>
    public async ValueTask<ChatReply> CompleteAsync(ChatRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.TopLogProbabilities > 0 && _options.ReadLogProbabilities is null)
            throw new OrchestrationException(ErrorCodes.Configuration, $"deployment '{Name}' is a chat client that gives no log-probabilities. Set ReadLogProbabilities (and Configure, to ask for them), or judge with a protocol that needs none.");
        var startedAt = _services.Time.GetTimestamp();
        var bytes = Bytes(request);
        var tokens = _estimate.Prompt(bytes, default) + request.MaxOutputTokens;
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_gate is not null)
            {
                while (_gate.IsExpired(await _gate.EnterAsync(request.Origin.Payer, tokens, cancellationToken).ConfigureAwait(false)))
                {
                }
            }

            cancellationToken.ThrowIfCancellationRequested();
            ExchangeTelemetry.Queued(Name, _services.Time.GetElapsedTime(startedAt));
            using var activity = ExchangeTelemetry.Start("chat", _subject, request.MaxOutputTokens, request.Origin);
            return await SendAsync(request, bytes, tokens, startedAt, activity).ConfigureAwait(false);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Ends those who wait; the client is its maker's.</summary>
    public void Dispose()
    {
        _gate?.Dispose();
        _places.Dispose();
    }

    private async Task<ChatReply> SendAsync(ChatRequest request, int bytes, long tokens, long startedAt, Activity? activity)
    {
        var (messages, options) = Call(request);

        // Not the caller's token: what was sent may be charged, and its reply is wanted.
        using var timeout = new CancellationTokenSource(_options.Timeout, _services.Time);
        var sentAt = _services.Time.GetTimestamp();
        ChatReply reply;
        try
        {
            var response = await _client.GetResponseAsync(messages, options, timeout.Token).WaitAsync(timeout.Token).ConfigureAwait(false);
            reply = Read(response);
            _served.See(reply.ServedModel, reply.Fingerprint);
            if (reply.UnknownAttempts == 0)
            {
                _estimate.Learn(bytes, default, reply.Totals.Usage.Input);
                _gate?.Settle(sentAt, reply.Totals.Usage.Input + (_options.TokensCharged == TokensCharged.Used ? reply.Totals.Usage.Output : request.MaxOutputTokens) - tokens);
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            reply = Failed(UnscoredReason.Timeout, FormattableString.Invariant($"no reply within {_options.Timeout.TotalSeconds:0.###} s"), mayBeCharged: true);
        }
#pragma warning disable CA1031 // A client may throw anything; what may have been charged must end as a value, or it is lost to the books.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var failure = ChatClientFailure.Of(e);
            if (failure.Reason is null)
            {
                End(activity, request, startedAt, null, ErrorCodes.Deployment);
                throw new OrchestrationException(ErrorCodes.Deployment, $"deployment '{Name}' (a chat client): {failure.Detail}", e);
            }

            reply = Failed(failure.Reason, failure.Detail, failure.MayBeCharged);
        }

        End(activity, request, startedAt, reply, reply.Failure);
        return reply;
    }

    private void End(Activity? activity, ChatRequest request, long startedAt, ChatReply? reply, string? failure)
    {
        var isKnown = reply is { Failure: null, UnknownAttempts: 0 };
        if (activity is not null && _subject.RecordsContent)
        {
            MessageContent.RecordPrompt(activity, [("system", request.System), ("user", request.User), .. request.Continuation.Select(turn => (turn.Role, turn.Content))]);
            if (reply?.Failure is null && reply is not null) MessageContent.RecordReply(activity, reply.Text, null);
        }

        ExchangeTelemetry.End(activity, "chat", _subject, new CallFacts
        {
            Endpoint = _address,
            Failure = failure,
            Duration = _services.Time.GetElapsedTime(startedAt),
            Reply = reply is null ? null : new ReplyFacts { Model = reply.ServedModel, Fingerprint = reply.Fingerprint, Usage = isKnown ? reply.Totals.Usage : null },
        });
    }

    private (List<ChatMessage> Messages, ChatOptions Options) Call(ChatRequest request)
    {
        var messages = new List<ChatMessage>();
        if (request.System.Length > 0) messages.Add(new ChatMessage(ChatRole.System, request.System));
        messages.Add(new ChatMessage(ChatRole.User, request.User));
        foreach (var turn in request.Continuation) messages.Add(new ChatMessage(new ChatRole(turn.Role), turn.Content));
        var options = new ChatOptions
        {
            MaxOutputTokens = request.MaxOutputTokens,
            Temperature = (float?)request.Temperature,
            Seed = request.Seed,
            ResponseFormat = Format(request),
        };
        _options.Configure?.Invoke(request, options);
        return (messages, options);
    }

    private static ChatResponseFormat? Format(ChatRequest request)
    {
        if (request.Format == ReplyFormat.Text) return null;
        if (request.Format != ReplyFormat.JsonSchema || request.JsonSchema is not { } schema) return ChatResponseFormat.Json;
        using var document = JsonDocument.Parse(schema);
        return ChatResponseFormat.ForJsonSchema(document.RootElement.Clone(), "reply");
    }

    private ChatReply Read(ChatResponse response)
    {
        var contents = response.Messages.SelectMany(static message => message.Contents);
        var refusal = contents.OfType<ErrorContent>().FirstOrDefault(static error => string.Equals(error.ErrorCode, "Refusal", StringComparison.OrdinalIgnoreCase))?.Message;
        TokenUsage? usage = response.Usage is { InputTokenCount: { } input, OutputTokenCount: { } output } stated
            ? ReplyFacts.TokenUsageOf(input, stated.CachedInputTokenCount ?? 0, output, stated.ReasoningTokenCount ?? 0, stated.TotalTokenCount)
            : null;
        return new ChatReply
        {
            Text = response.Text,
            Refusal = string.IsNullOrEmpty(refusal) ? null : refusal,
            Finish = response.FinishReason is not { } finish ? FinishReason.Other
                : finish == ChatFinishReason.Stop ? FinishReason.Stop
                : finish == ChatFinishReason.Length ? FinishReason.Length
                : finish == ChatFinishReason.ContentFilter ? FinishReason.ContentFilter
                : FinishReason.Other,
            LogProbabilities = _options.ReadLogProbabilities?.Invoke(response) ?? [],
            ServedModel = response.ModelId,
            Fingerprint = response.AdditionalProperties?.TryGetValue("SystemFingerprint", out var fingerprint) == true ? fingerprint as string : null,
            Totals = new CallTotals(1, 0, usage ?? default, _options.Prices?.Cost(usage ?? default) ?? 0),
            UnknownAttempts = usage is null ? 1 : 0,
        };
    }

    private static ChatReply Failed(string reason, string detail, bool mayBeCharged) => new()
    {
        Finish = FinishReason.Other,
        Failure = reason,
        FailureDetail = detail,
        Totals = new CallTotals(0, 1, default, 0),
        UnknownAttempts = mayBeCharged ? 1 : 0,
    };

    private static int Bytes(ChatRequest request) =>
        Encoding.UTF8.GetByteCount(request.System) + Encoding.UTF8.GetByteCount(request.User) + request.Continuation.Sum(static turn => Encoding.UTF8.GetByteCount(turn.Content));
}
