using System.Buffers;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Core.Batches;

/// <summary>
/// Files and batches of one deployment: many calls in one file, answered within a day for a part of the price. Implementations repeat what can be
/// repeated without harm and are safe for concurrent use.
/// </summary>
public interface IBatchDeployment
{
    /// <summary>Name of the deployment in the configuration.</summary>
    string Name { get; }

    /// <summary>How batches are made and what they cost.</summary>
    BatchOptions Options { get; }

    /// <summary>Writes one call as a line of a file, line end included.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="customId">What the answer will be known by: at most 64 ASCII characters, no other line of the file has it.</param>
    /// <param name="request">The call.</param>
    void WriteLine(IBufferWriter<byte> output, string customId, ChatRequest request);

    /// <summary>Sends a file. A file that no batch names costs nothing.</summary>
    /// <returns>The file's id.</returns>
    /// <exception cref="EndpointUnavailableException">Not now; later perhaps.</exception>
    /// <exception cref="OrchestrationException">Never: the key, the address or the file is refused.</exception>
    ValueTask<string> UploadAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Makes a batch of a file. Sent once: a batch that is made twice is paid twice.</summary>
    /// <param name="fileId">The file.</param>
    /// <param name="intent">Kept with the batch, so that it can be found by it.</param>
    /// <param name="cancellationToken">Stops before it is sent and not after.</param>
    /// <returns>The batch; null where its answer was lost and it may or may not have been made.</returns>
    /// <exception cref="EndpointUnavailableException">It was not made; later perhaps.</exception>
    /// <exception cref="OrchestrationException">It was refused.</exception>
    ValueTask<RemoteBatch?> CreateAsync(string fileId, string intent, CancellationToken cancellationToken);

    /// <summary>Looks at a batch.</summary>
    /// <exception cref="EndpointUnavailableException">Not now; later perhaps.</exception>
    /// <exception cref="OrchestrationException">There is no such batch, or nobody may look at it.</exception>
    ValueTask<RemoteBatch> GetAsync(string id, CancellationToken cancellationToken);

    /// <summary>Finds the batch of an intent among those made since a time; null where there is none.</summary>
    /// <inheritdoc cref="GetAsync" path="/exception"/>
    ValueTask<RemoteBatch?> FindAsync(string intent, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Reads what a batch that is over has to say, line by line, answers and errors.</summary>
    /// <inheritdoc cref="GetAsync" path="/exception"/>
    IAsyncEnumerable<BatchLine> ReadAsync(RemoteBatch batch, CancellationToken cancellationToken);

    /// <summary>Removes a batch's files from the endpoint, as far as it can.</summary>
    ValueTask RemoveFilesAsync(RemoteBatch batch, CancellationToken cancellationToken);
}

/// <summary>The endpoint cannot be reached or is busy. What was asked for was not done, and may be asked for again.</summary>
/// <param name="message">What happened, without secrets.</param>
public sealed class EndpointUnavailableException(string message) : OrchestrationException(ErrorCodes.Deployment, message);

/// <summary>How a deployment's batches are made.</summary>
public sealed record BatchOptions
{
    /// <summary>What a batch costs, as a share of the prices of single calls, 0–1. Default 0.5.</summary>
    public decimal PriceFactor { get; init; } = 0.5m;

    /// <summary>Most calls in one file, 1–50,000. Default 50,000.</summary>
    public int MaxRequests { get; init; } = 50_000;

    /// <summary>Most bytes in one file. Held in memory while it is written and sent. Default 50 MB.</summary>
    public long MaxBytes { get; init; } = 50_000_000;

    /// <summary>Most batches of one sweep at the endpoint at once. Default 20.</summary>
    public int MaxOpen { get; init; } = 20;

    /// <summary>How often batches are looked at. Default 30 s.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long the endpoint may take to list a batch that it made. After that, one whose answer was lost and that is not listed was not made. Default 60 s.
    /// </summary>
    public TimeSpan ListedWithin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The address of a call as a file's lines state it. Default <c>/v1/chat/completions</c>.</summary>
    public string Path { get; init; } = "/v1/chat/completions";
}

/// <summary>Where a batch stands.</summary>
public enum RemoteBatchState
{
    /// <summary>Its file is being read, its lines are being answered, or its results are being written.</summary>
    Working,

    /// <summary>Every line has its answer or its error.</summary>
    Completed,

    /// <summary>It was refused as a whole; nothing was answered or charged.</summary>
    Failed,

    /// <summary>Its time ran out; some lines have answers.</summary>
    Expired,

    /// <summary>Somebody cancelled it; some lines may have answers.</summary>
    Cancelled,
}

/// <summary>A batch as the endpoint describes it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Status">The same in the endpoint's word.</param>
/// <param name="Done">Lines that have an answer or an error so far.</param>
/// <param name="InputFile">Id of the file it was made of.</param>
/// <param name="OutputFile">Id of the file with answers; null for none.</param>
/// <param name="ErrorFile">Id of the file with errors; null for none.</param>
/// <param name="ErrorCode">Why it failed as a whole; null where it did not or does not say.</param>
/// <param name="ErrorMessage">The same in words, without secrets.</param>
public sealed record RemoteBatch(
    string Id, RemoteBatchState State, string Status, long Done, string? InputFile, string? OutputFile, string? ErrorFile, string? ErrorCode, string? ErrorMessage);

/// <summary>What became of one line.</summary>
/// <param name="CustomId">Its id.</param>
/// <param name="Reply">The answer, its cost at the batch's price; null where there is none that can be read.</param>
/// <param name="IsCharged">True where there is no answer and it may have been charged all the same.</param>
/// <param name="Error">Why there is no answer: the error's code or words.</param>
public sealed record BatchLine(string CustomId, ChatReply? Reply, bool IsCharged, string? Error)
{
    /// <summary>True where the endpoint never got to it: the batch expired or was cancelled before.</summary>
    public bool IsUntouched { get; init; }
}
