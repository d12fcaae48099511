using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Orchestration.Core.Judging;
using Orchestration.Simulation.Endpoint.Batches;
using Orchestration.Simulation.Endpoint.Limits;
using Orchestration.Simulation.Replies;

namespace Orchestration.Simulation.Endpoint;

/// <summary>Takes requests straight from the server: no routing, no middleware, so that the endpoint is never what limits a measurement.</summary>
internal sealed class EndpointApplication : IHttpApplication<IFeatureCollection>
{
    private readonly ScriptedEndpointOptions _options;
    private readonly TimeProvider _time;
    private readonly EndpointBooks _books;
    private readonly FaultPlan _plan;
    private readonly LimitBook _limits;
    private readonly ScriptedJudge _judge;
    private readonly FaultySender _sender;
    private readonly BatchApi _batches;
    private int _outage;

    public EndpointApplication(ScriptedEndpointOptions options, TimeProvider time, EndpointBooks books, FaultPlan plan, LimitBook limits, CancellationToken stopping)
    {
        _options = options;
        _time = time;
        _books = books;
        _plan = plan;
        _limits = limits;
        _judge = new ScriptedJudge(options);
        _sender = new FaultySender(options, time, books, stopping);
        var files = new FileShelf(time);
        _batches = new BatchApi(options, files, new BatchDesk(options, time, books, _judge, files), stopping);
    }

    /// <summary>What every request meets instead of an answer; null for none.</summary>
    public ScriptedOutage? Outage
    {
        get => Volatile.Read(ref _outage) is > 0 and var outage ? (ScriptedOutage)(outage - 1) : null;
        set => Volatile.Write(ref _outage, value is { } outage ? (int)outage + 1 : 0);
    }

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
        // Nothing is held for a request.
    }

    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        var arrived = _time.GetTimestamp();
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        var response = new EndpointResponse(context);
        if (Outage is { } outage)
        {
            _books.Turned();
            if (outage == ScriptedOutage.Resets) response.Reset();
            else await response.SendAsync(503, Refusal.Of(ScriptedFault.Overloaded)!.Value.Write).ConfigureAwait(false);
            return;
        }

        if (request.Method == "GET" && request.Path.EndsWith("/models", StringComparison.Ordinal))
        {
            await response.SendAsync(200, output => CompletionWriter.Models(output, _options.Models)).ConfigureAwait(false);
            return;
        }

        var isChat = request.Path.EndsWith("/chat/completions", StringComparison.Ordinal);
        var isReward = request.Path.EndsWith("/reward", StringComparison.Ordinal) || request.Path.EndsWith("/pooling", StringComparison.Ordinal);
        var isEmbedding = request.Path.EndsWith("/embeddings", StringComparison.Ordinal);
        if (!isChat && !isReward && !isEmbedding && BatchApi.Find(request.Path) is { } about)
        {
            await HandleFilesAsync(response, context, request, about).ConfigureAwait(false);
            return;
        }

        if (request.Method != "POST" || !(isChat || isReward || isEmbedding))
        {
            await response.SendAsync(404, new Refusal(404, $"Invalid URL ({request.Method} {request.Path})", "invalid_request_error", null, null).Write).ConfigureAwait(false);
            return;
        }

        try
        {
            if (isChat)
            {
                var (call, hash) = await RequestBody.ReadAsync(context, ParseCall).ConfigureAwait(false);
                _books.Arrived();
                try
                {
                    await CompleteAsync(response, request, call, hash, arrived).ConfigureAwait(false);
                }
                finally
                {
                    _books.Left();
                }
            }
            else if (isEmbedding)
            {
                var (call, hash) = await RequestBody.ReadAsync(context, ParseEmbedding).ConfigureAwait(false);
                _books.Arrived();
                try
                {
                    await EmbedAsync(response, request, call, hash, arrived).ConfigureAwait(false);
                }
                finally
                {
                    _books.Left();
                }
            }
            else
            {
                var (call, hash) = await RequestBody.ReadAsync(context, ParseReward).ConfigureAwait(false);
                _books.Arrived();
                try
                {
                    await RewardAsync(response, request, call, hash, arrived).ConfigureAwait(false);
                }
                finally
                {
                    _books.Left();
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The caller is gone, or the endpoint stops.
            response.Abort();
        }
    }

    private async Task HandleFilesAsync(EndpointResponse response, IFeatureCollection context, IHttpRequestFeature request, string about)
    {
        try
        {
            if (HasKey(request)) await _batches.HandleAsync(response, context, about).ConfigureAwait(false);
            else await response.SendAsync(401, Refusal.Of(ScriptedFault.InvalidKey)!.Value.Write).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            response.Abort();
        }
    }

    private async Task CompleteAsync(EndpointResponse response, IHttpRequestFeature request, ScriptedCall? call, ulong hash, long arrived)
    {
        if (call is null)
        {
            await _sender.WaitAsync(hash, arrived).ConfigureAwait(false);
            await response.SendAsync(400, new Refusal(400, "The body is no completion request.", "invalid_request_error", "invalid_request", null).Write).ConfigureAwait(false);
            return;
        }

        var refused = Refuse(request, call.Model);
        var own = refused == ScriptedFault.None ? _limits.Of(call.Model) : null;
        if (own is { Limits.Charge: ScriptedTokenCharge.AsReserved }
            && !await PassAsync(response, own, call.Model, CompletionWriter.CountPrompt(call) + (call.MaxOutputTokens ?? own.Limits.AssumedOutputTokens)).ConfigureAwait(false))
            return;
        var attempt = _books.Attempt(hash);
        var reply = _judge.Reply(call with { Attempt = attempt }, refused == ScriptedFault.None ? Draw(hash, attempt) : refused);
        var usage = CompletionWriter.Count(call, reply);
        if (own is { Limits.Charge: ScriptedTokenCharge.AsUsed } && !await PassAsync(response, own, call.Model, usage.Input + usage.Output).ConfigureAwait(false))
        {
            _books.Withdraw(hash);
            return;
        }

        var created = _time.GetUtcNow().ToUnixTimeSeconds();
        Func<List<byte[]>>? stream = call.IsStream ? () => CompletionStream.Write(call, reply, usage, created, _options.SendsPromptFilter) : null;
        await _sender.SendAsync(response, new Outcome(reply.Fault, reply.ErrorMessage, usage, hash, arrived, call.Model), output => CompletionWriter.Completion(output, call, reply, usage, created), stream).ConfigureAwait(false);
    }

    private async Task RewardAsync(EndpointResponse response, IHttpRequestFeature request, RewardCall? call, ulong hash, long arrived)
    {
        if (call is null)
        {
            await _sender.WaitAsync(hash, arrived).ConfigureAwait(false);
            await response.SendAsync(400, new Refusal(400, "The body is no reward request.", "invalid_request_error", "invalid_request", null).Write).ConfigureAwait(false);
            return;
        }

        var fault = Refuse(request, call.Model);
        if (fault == ScriptedFault.None)
        {
            if (_limits.Of(call.Model) is { } own && !await PassAsync(response, own, call.Model, CompletionWriter.CountPrompt(call)).ConfigureAwait(false)) return;
            fault = Draw(hash, _books.Attempt(hash));
        }

        var score = _judge.Reward(call.Model, call.Prompt, call.Answer);
        await _sender.SendAsync(response, new Outcome(fault, null, default, hash, arrived, call.Model), output => CompletionWriter.Reward(output, score, call.IsPooling), null).ConfigureAwait(false);
    }

    private async Task EmbedAsync(EndpointResponse response, IHttpRequestFeature request, EmbeddingCall? call, ulong hash, long arrived)
    {
        if (call is null)
        {
            await _sender.WaitAsync(hash, arrived).ConfigureAwait(false);
            await response.SendAsync(400, new Refusal(400, "The body is no request for embeddings.", "invalid_request_error", "invalid_request", "input").Write).ConfigureAwait(false);
            return;
        }

        var fault = Refuse(request, call.Model);
        if (fault == ScriptedFault.None)
        {
            if (_limits.Of(call.Model) is { } own && !await PassAsync(response, own, call.Model, call.Tokens).ConfigureAwait(false)) return;
            fault = Draw(hash, _books.Attempt(hash));
        }

        _books.Embedding(call.Inputs.Count);
        await _sender.SendAsync(
            response, new Outcome(fault, null, new TokenUsage(call.Tokens, 0, 0, 0), hash, arrived, call.Model),
            output => EmbeddingScript.Write(output, call, call.Dimensions ?? _options.EmbeddingDimensions, fault), null).ConfigureAwait(false);
    }

    /// <summary>Lets a call pass its limits, or refuses it at once; writes the headers about quotas either way.</summary>
    private async ValueTask<bool> PassAsync(EndpointResponse response, EndpointLimits own, string model, double tokens)
    {
        var decision = own.Decide(tokens);
        LimitHeaders.Write(response, own.Limits, decision);
        if (decision.IsAccepted) return true;
        await response.SendAsync(429, LimitHeaders.Refuse(response, own.Limits, model, decision, _time.GetUtcNow()).Write).ConfigureAwait(false);
        return false;
    }

    private ScriptedFault Draw(ulong hash, int attempt) => _plan.IsActive ? _plan.Decide(hash, attempt) : ScriptedFault.None;

    /// <summary>What is wrong with the key or the model.</summary>
    private ScriptedFault Refuse(IHttpRequestFeature request, string model)
    {
        if (!HasKey(request)) return ScriptedFault.InvalidKey;
        return _options.Models.Count > 0 && !_options.Models.Contains(model, StringComparer.Ordinal) ? ScriptedFault.UnknownModel : ScriptedFault.None;
    }

    private bool HasKey(IHttpRequestFeature request) => _options.ApiKey is not { } key
        || string.Equals(request.Headers.Authorization, "Bearer " + key, StringComparison.Ordinal)
        || string.Equals(request.Headers["api-key"], key, StringComparison.Ordinal);

    private static (ScriptedCall? Call, ulong Hash) ParseCall(ReadOnlySpan<byte> body)
    {
        var hash = ContentHash.Of(body);
        return (CallReader.Read(body, hash), hash);
    }

    private static (EmbeddingCall? Call, ulong Hash) ParseEmbedding(ReadOnlySpan<byte> body) => (EmbeddingCall.Read(body), ContentHash.Of(body));

    private static (RewardCall? Call, ulong Hash) ParseReward(ReadOnlySpan<byte> body) => (RewardCall.Read(body), ContentHash.Of(body));
}
