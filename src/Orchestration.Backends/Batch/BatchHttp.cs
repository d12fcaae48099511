using System.Net;
using Orchestration.Backends.Exchanges;
using Orchestration.Core;
using Orchestration.Core.Batches;
using Orchestration.Core.Configuration;

namespace Orchestration.Backends.Batch;

/// <summary>
/// Calls about files and batches: few, and none of them urgent. What harms nobody when it is done twice is repeated; where that does not help, or must not be done,
/// the caller hears whether it may ask again later.
/// </summary>
internal sealed class BatchHttp : IDisposable
{
    private const int MaxErrorBytes = 64 * 1024;

    /// <summary>The key or token that a request carries, to be told to the credential where it is refused.</summary>
    private static readonly HttpRequestOptionsKey<string?> Sent = new("orchestration-sent");

    private readonly DeploymentConfig _config;
    private readonly EndpointConfig _endpoint;
    private readonly IEndpointCredential _credential;
    private readonly TimeProvider _time;
    private readonly SeededJitter _jitter;
    private readonly HttpMessageInvoker _invoker;

    public BatchHttp(DeploymentConfig config, EndpointConfig endpoint, DeploymentServices services)
    {
        _config = config;
        _endpoint = endpoint;
        _time = services.Time;
        _credential = EndpointCredentials.Of(config, endpoint, services);
        _jitter = new SeededJitter(BitConverter.ToUInt64(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(config.Name + "/batch"))));
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !endpoint.Address.IsLoopback,
            AutomaticDecompression = DecompressionMethods.All,
            ActivityHeadersPropagator = null,
        });
    }

    private string Where => $"deployment '{_config.Name}' ({EndpointAddress.Show(_endpoint.Address)})";

    /// <summary>Sends a request that may be sent again, as often as the deployment's attempts say, and hands its reply to a reader.</summary>
    /// <exception cref="EndpointUnavailableException">No attempt was answered.</exception>
    /// <exception cref="OrchestrationException">It is refused.</exception>
    public async ValueTask<T> RepeatAsync<T>(Func<HttpRequestMessage> make, TimeSpan timeout, Func<HttpResponseMessage, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            await _credential.PrepareAsync(cancellationToken).ConfigureAwait(false);
            TimeSpan? asked;
            string problem;
            using (var limit = new CancellationTokenSource(timeout, _time))
            using (var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken))
            {
                try
                {
                    using var message = Prepared(make());
                    using var response = await _invoker.SendAsync(message, both.Token).ConfigureAwait(false);
                    if (IsTaken(response)) return await read(response, both.Token).ConfigureAwait(false);
                    asked = RetryDelay.Asked(response.Headers, _time.GetUtcNow());
                    problem = await RefusedAsync(response, both.Token).ConfigureAwait(false);
                }
                catch (Exception e) when (IsTransport(e) || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
                {
                    (asked, problem) = (null, Problem(e));
                }
            }

            if (attempt >= _config.Attempts) throw new EndpointUnavailableException($"{Where} does not answer about batches: {problem}");
            var wait = asked is { } stated ? RetryDelay.After(stated, _config.LongestRetryWait, _jitter) : RetryDelay.BackOff(attempt, isRateLimit: false, _jitter);
            await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Sends a request once. Its sending is not cancelled: what was sent may have been done.</summary>
    /// <returns>What the reader made of the reply; null where the reply was lost and it may have been done.</returns>
    /// <exception cref="EndpointUnavailableException">It was not done.</exception>
    /// <exception cref="OrchestrationException">It is refused.</exception>
    public async ValueTask<T?> OnceAsync<T>(HttpRequestMessage request, TimeSpan timeout, Func<HttpResponseMessage, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken)
        where T : class
    {
        await _credential.PrepareAsync(cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        using var limit = new CancellationTokenSource(timeout, _time);
        try
        {
            using var message = Prepared(request);
            using var response = await _invoker.SendAsync(message, limit.Token).ConfigureAwait(false);
            if (IsTaken(response)) return await read(response, limit.Token).ConfigureAwait(false);
            var problem = await RefusedAsync(response, limit.Token).ConfigureAwait(false);

            // Behind these somebody may have done it.
            if (response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout) return null;
            throw new EndpointUnavailableException($"{Where} does not take batches now: {problem}");
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError)
        {
            throw new EndpointUnavailableException($"{Where} cannot be reached: {Problem(e)}");
        }
        catch (Exception e) when (IsTransport(e) || e is OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Text as it may be shown.</summary>
    public string Clean(string text) => Redaction.Clean(text, _credential.Secret);

    public void Dispose()
    {
        _invoker.Dispose();
        (_credential as IDisposable)?.Dispose();
    }

    private bool IsTaken(HttpResponseMessage response)
    {
        if (response.IsSuccessStatusCode) _credential.Accepted();
        return response.IsSuccessStatusCode;
    }

    private HttpRequestMessage Prepared(HttpRequestMessage message)
    {
        message.Version = HttpVersion.Version11;
        message.Options.Set(Sent, _credential.AddTo(message));
        return message;
    }

    /// <summary>What a refusal says, where asking again may help.</summary>
    /// <exception cref="OrchestrationException">Asking again does not help.</exception>
    private async ValueTask<string> RefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var error = ErrorBody.Read(await HeadAsync(response, cancellationToken).ConfigureAwait(false));
        string? sent = null;
        response.RequestMessage?.Options.TryGetValue(Sent, out sent);
        if (status == 401 && _credential.Refused(sent)) return "401: the token was refused, and another one is fetched";
        if (status == 401)
            throw new OrchestrationException(ErrorCodes.Deployment, $"{Where} answered 401 (not authorised) about batches, to {_credential.Description}.");
        var said = FormattableString.Invariant($"{status}: {Clean(error.Message)}");
        if (status == 404)
            throw new OrchestrationException(ErrorCodes.Deployment, $"{Where} answered {said}. It has no batch API here, or the file or batch is gone. Where it has none, leave --batch out.");
        if (status is 408 or 409 or 425 or 429 or >= 500 && !error.IsExhausted) return said;
        throw new OrchestrationException(ErrorCodes.Deployment, $"{Where} refused a call about batches: {said}");
    }

    private static async ValueTask<byte[]> HeadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var bytes = new byte[MaxErrorBytes];
        var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return bytes[..length];
    }

    private static bool IsTransport(Exception failure) => failure is HttpRequestException or IOException or InvalidDataException or System.Text.Json.JsonException;

    private static string Problem(Exception failure) => failure switch
    {
        OperationCanceledException => "no whole reply in time",
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "the host's name cannot be resolved",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "the connection was refused or the host cannot be reached",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "no secure connection could be made",
        System.Text.Json.JsonException => "the reply is cut or not JSON",
        _ => "the connection was lost",
    };
}
