namespace Orchestration.Simulation;

/// <summary>What can go wrong with one request. Each is what a real endpoint, proxy or network does, on the wire.</summary>
public enum ScriptedFault
{
    /// <summary>Nothing goes wrong.</summary>
    None,

    /// <summary>429 without any word on when to come back.</summary>
    TooManyRequests,

    /// <summary>429 with <c>Retry-After</c> in seconds.</summary>
    RetryAfterSeconds,

    /// <summary>429 with <c>Retry-After</c> as an HTTP date.</summary>
    RetryAfterDate,

    /// <summary>429 with <c>retry-after-ms</c>.</summary>
    RetryAfterMilliseconds,

    /// <summary>429 with <c>x-ms-retry-after-ms</c>, as Azure sends it.</summary>
    AzureRetryAfterMilliseconds,

    /// <summary>429 for a limit of requests a day, with the time until the next in its text and in <c>x-ratelimit-reset-requests</c>.</summary>
    DailyLimit,

    /// <summary>408.</summary>
    RequestTimeout,

    /// <summary>409.</summary>
    Conflict,

    /// <summary>500.</summary>
    ServerError,

    /// <summary>502 with a proxy's page.</summary>
    BadGateway,

    /// <summary>503 with <c>Retry-After</c> in seconds.</summary>
    Overloaded,

    /// <summary>504 with a proxy's page.</summary>
    GatewayTimeout,

    /// <summary>The connection is reset before a reply.</summary>
    ConnectionReset,

    /// <summary>The connection ends in the middle of the body, or of the stream.</summary>
    CutConnection,

    /// <summary>The connection is reset in the middle of the body, or of the stream.</summary>
    ResetInBody,

    /// <summary>Half of the body, or of the stream, and nothing more; the connection stays open.</summary>
    HangInBody,

    /// <summary>200 and an error object: in place of the body, or as an event in the middle of the stream.</summary>
    ErrorInBody,

    /// <summary>No reply ever; the connection stays open.</summary>
    Hang,

    /// <summary>Half of the body, or of the stream, a pause, the other half.</summary>
    SlowBody,

    /// <summary>200 and a body that ends in the middle of its JSON; a stream that ends in the middle of an event.</summary>
    TruncatedJson,

    /// <summary>200 and a body that is no JSON; a stream with such an event in its middle.</summary>
    InvalidJson,

    /// <summary>200 and an HTML page.</summary>
    HtmlPage,

    /// <summary>200 and JSON without choices.</summary>
    NoChoices,

    /// <summary>A good reply without <c>usage</c>, asked for or not.</summary>
    NoUsage,

    /// <summary>A well-formed completion whose text answers nothing.</summary>
    GarbageText,

    /// <summary>A well-formed completion with scores above the scale.</summary>
    OffScale,

    /// <summary>A well-formed completion with an empty text.</summary>
    EmptyText,

    /// <summary>A completion cut at half its text, <c>finish_reason: length</c>; embeddings of half the numbers.</summary>
    LengthCut,

    /// <summary>A completion cut by a filter, <c>finish_reason: content_filter</c>.</summary>
    FilteredReply,

    /// <summary>A refusal in <c>message.refusal</c>.</summary>
    Refusal,

    /// <summary>A completion for a checklist whose first quote stands nowhere in the answer; another completion is as usual.</summary>
    FabricatedQuote,

    /// <summary>400, code <c>content_filter</c>. The same content is always refused.</summary>
    ContentFilter,

    /// <summary>400, code <c>context_length_exceeded</c>. The same content is always refused.</summary>
    ContextLength,

    /// <summary>400 for a parameter. The same content is always refused.</summary>
    BadRequest,

    /// <summary>422. The same content is always refused.</summary>
    Unprocessable,

    /// <summary>401 for the key.</summary>
    InvalidKey,

    /// <summary>403.</summary>
    Forbidden,

    /// <summary>404 for the model.</summary>
    UnknownModel,

    /// <summary>429, code <c>insufficient_quota</c>: the account is empty.</summary>
    ExhaustedAccount,
}
