using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Orchestration.Core.Judging;
using Orchestration.Simulation.Replies;

namespace Orchestration.Simulation.Endpoint;

/// <summary>Takes requests straight from the server: no routing, no middleware, so that the endpoint is never what limits a measurement.</summary>
internal sealed class EndpointApplication(ScriptedEndpointOptions options, TimeProvider time, EndpointBooks books, FaultPlan plan, CancellationToken stopping)
    : IHttpApplication<IFeatureCollection>
{
    private readonly ScriptedJudge _judge = new(options);

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
        // Nothing is held for a request.
    }

    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        var arrived = time.GetTimestamp();
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        var response = new EndpointResponse(context);
        if (request.Method == "GET" && request.Path.EndsWith("/models", StringComparison.Ordinal))
        {
            await response.SendAsync(200, output => CompletionWriter.Models(output, options.Models)).ConfigureAwait(false);
            return;
        }

        var isChat = request.Path.EndsWith("/chat/completions", StringComparison.Ordinal);
        var isReward = request.Path.EndsWith("/reward", StringComparison.Ordinal) || request.Path.EndsWith("/pooling", StringComparison.Ordinal);
        if (request.Method != "POST" || !(isChat || isReward))
        {
            await response.SendAsync(404, output => CompletionWriter.Error(output, $"Invalid URL ({request.Method} {request.Path})", "invalid_request_error", null, null)).ConfigureAwait(false);
            return;
        }

        var (call, reward, hash) = await ReadAsync(context, isChat).ConfigureAwait(false);
        books.Arrived();
        try
        {
            if (isChat) await CompleteAsync(response, request, call, hash, arrived).ConfigureAwait(false);
            else await RewardAsync(response, request, reward, hash, arrived).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The caller is gone, or the endpoint stops.
            response.Abort();
        }
        finally
        {
            books.Left();
        }
    }

    private async Task CompleteAsync(EndpointResponse response, IHttpRequestFeature request, ScriptedCall? call, ulong hash, long arrived)
    {
        if (call is null || call.IsStream)
        {
            await WaitAsync(hash, arrived).ConfigureAwait(false);
            await response.SendAsync(400, output => CompletionWriter.Error(output, call is null ? "The body is no completion request." : "Streams are not served here.", "invalid_request_error", "invalid_request", null)).ConfigureAwait(false);
            return;
        }

        var attempt = books.Attempt(hash);
        var reply = _judge.Reply(call with { Attempt = attempt }, Fault(request, call.Model, hash, attempt));
        var usage = CompletionWriter.Count(call, reply);
        await FinishAsync(response, reply.Fault, reply.ErrorMessage, usage, hash, arrived, output => CompletionWriter.Completion(output, call, reply, usage, time.GetUtcNow().ToUnixTimeSeconds())).ConfigureAwait(false);
    }

    private async Task RewardAsync(EndpointResponse response, IHttpRequestFeature request, RewardCall? call, ulong hash, long arrived)
    {
        if (call is null)
        {
            await WaitAsync(hash, arrived).ConfigureAwait(false);
            await response.SendAsync(400, output => CompletionWriter.Error(output, "The body is no reward request.", "invalid_request_error", "invalid_request", null)).ConfigureAwait(false);
            return;
        }

        var fault = Fault(request, call.Model, hash, books.Attempt(hash));
        var score = _judge.Reward(call.Model, call.Prompt, call.Answer);
        await FinishAsync(response, fault, null, default, hash, arrived, output => CompletionWriter.Reward(output, score, call.IsPooling)).ConfigureAwait(false);
    }

    private ScriptedFault Fault(IHttpRequestFeature request, string model, ulong hash, int attempt)
    {
        if (options.ApiKey is { } key && !string.Equals(request.Headers.Authorization, "Bearer " + key, StringComparison.Ordinal)
            && !string.Equals(request.Headers["api-key"], key, StringComparison.Ordinal))
            return ScriptedFault.InvalidKey;
        if (options.Models.Count > 0 && !options.Models.Contains(model, StringComparer.Ordinal)) return ScriptedFault.UnknownModel;
        return plan.IsActive ? plan.Decide(hash, attempt) : ScriptedFault.None;
    }

    /// <summary>Sends what was worked out, or what the fault makes of it.</summary>
    private async Task FinishAsync(
        EndpointResponse response, ScriptedFault fault, string? errorMessage, TokenUsage usage, ulong hash, long arrived, Action<IBufferWriter<byte>> write)
    {
        if (fault != ScriptedFault.None) books.Fault(fault);
        if (Refusal.Of(fault) is { } refusal)
        {
            await WaitAsync(hash, arrived).ConfigureAwait(false);
            if (IsCharged(refusal, hash)) books.Charge(usage);
            await RefuseAsync(response, fault, errorMessage is null ? refusal : refusal with { Message = errorMessage }).ConfigureAwait(false);
            return;
        }

        if (fault is ScriptedFault.ConnectionReset or ScriptedFault.Hang)
        {
            // The work is done and charged; the caller never hears of it.
            books.Charge(usage);
            if (fault == ScriptedFault.Hang) await response.WaitForEndAsync(stopping).ConfigureAwait(false);
            else await WaitAsync(hash, arrived).ConfigureAwait(false);
            response.Reset();
            return;
        }

        await WaitAsync(hash, arrived).ConfigureAwait(false);
        books.Charge(usage);
        switch (fault)
        {
            case ScriptedFault.InvalidJson:
                await response.SendAsync(200, output => output.Write("upstream said: ok\n{"u8)).ConfigureAwait(false);
                return;
            case ScriptedFault.HtmlPage:
                await response.SendAsync(200, output => output.Write("<html><body>Please sign in to continue.</body></html>"u8), "text/html").ConfigureAwait(false);
                return;
            case ScriptedFault.TruncatedJson:
                await response.SendPartAsync(write, cutsConnection: false).ConfigureAwait(false);
                return;
            case ScriptedFault.CutConnection:
                await response.SendPartAsync(write, cutsConnection: true).ConfigureAwait(false);
                return;
            case ScriptedFault.SlowBody:
                await response.SendSlowlyAsync(write, Task.Delay(options.SlowBodyPause, time, stopping)).ConfigureAwait(false);
                break;
            default:
                await response.SendAsync(200, write).ConfigureAwait(false);
                break;
        }

        if (fault != ScriptedFault.NoChoices) books.Delivered(hash);
    }

    /// <summary>Behind 500, 502 and 504 a model may have worked; here it has for half of the contents.</summary>
    private static bool IsCharged(in Refusal refusal, ulong hash) => refusal.Status is 500 or 502 or 504 && (hash & 1) == 0;

    private Task RefuseAsync(EndpointResponse response, ScriptedFault fault, Refusal refusal)
    {
        var now = time.GetUtcNow();
        var header = Refusal.Header(fault, options.RetryAfter, now);
        if (fault == ScriptedFault.RetryAfterDate) response.Header("Date", now.UtcDateTime.ToString("r", System.Globalization.CultureInfo.InvariantCulture));
        if (header is { } given) response.Header(given.Name, given.Value);
        return refusal.Page is { } page
            ? response.SendAsync(refusal.Status, output => output.Write(Encoding.UTF8.GetBytes(page)), "text/html")
            : response.SendAsync(refusal.Status, output => CompletionWriter.Error(output, refusal.Message, refusal.Type, refusal.Code, refusal.Parameter));
    }

    /// <summary>The latency counts from arrival, so that the time for reading and thinking is part of it. A caller's leaving does not end it.</summary>
    private Task WaitAsync(ulong hash, long arrived)
    {
        if (options.Latency <= TimeSpan.Zero && options.LatencySpread <= TimeSpan.Zero) return Task.CompletedTask;
        var latency = options.Latency + (options.LatencySpread * ContentHash.Unit(ContentHash.Combine(hash, options.Seed)));
        var remaining = latency - time.GetElapsedTime(arrived);
        return remaining <= TimeSpan.Zero ? Task.CompletedTask : Task.Delay(remaining, time, stopping);
    }

    private static async ValueTask<(ScriptedCall? Call, RewardCall? Reward, ulong Hash)> ReadAsync(IFeatureCollection context, bool isChat)
    {
        var reader = context.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
        while (true)
        {
            var result = await reader.ReadAsync().ConfigureAwait(false);
            if (!result.IsCompleted)
            {
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                continue;
            }

            var buffer = result.Buffer;
            var parsed = buffer.IsSingleSegment ? Parse(buffer.FirstSpan, isChat) : ParseCopy(buffer, isChat);
            reader.AdvanceTo(buffer.End);
            return parsed;
        }
    }

    private static (ScriptedCall? Call, RewardCall? Reward, ulong Hash) ParseCopy(in ReadOnlySequence<byte> buffer, bool isChat)
    {
        var length = checked((int)buffer.Length);
        var copy = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            buffer.CopyTo(copy);
            return Parse(copy.AsSpan(0, length), isChat);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private static (ScriptedCall? Call, RewardCall? Reward, ulong Hash) Parse(ReadOnlySpan<byte> body, bool isChat)
    {
        var hash = ContentHash.Of(body);
        return isChat ? (CallReader.Read(body, hash), null, hash) : (null, RewardCall.Read(body), hash);
    }
}
