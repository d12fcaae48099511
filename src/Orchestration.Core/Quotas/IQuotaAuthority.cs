namespace Orchestration.Core.Quotas;

/// <summary>
/// The quota of every deployment, shared by all processes of a store. It hands out permits with dates: spread evenly, never more in any 60 s than the
/// quota, never saved up. One conformance suite holds for every implementation.
/// </summary>
public interface IQuotaAuthority
{
    /// <summary>
    /// Dates calls, as many of those asked for as find a date within the horizon, in their order. Dates take the limits of all buckets
    /// into account; a call counts in each of them.
    /// </summary>
    /// <param name="ask">What is wanted.</param>
    /// <param name="cancellationToken">Gives up waiting; permits granted all the same are lost.</param>
    /// <returns>The permits, and when it is worth asking again where not all were granted.</returns>
    ValueTask<QuotaGrant> GrantAsync(QuotaAsk ask, CancellationToken cancellationToken);

    /// <summary>What was granted in the last 60 s, by bucket in ordinal order; buckets of which nothing was taken are left out.</summary>
    ValueTask<IReadOnlyList<QuotaUse>> UseAsync(CancellationToken cancellationToken);
}

/// <summary>What is limited: the endpoint of a deployment, or a judge of its own.</summary>
/// <param name="Name">Unique in the store: <c>deployment/NAME</c>, <c>judge/ID</c>.</param>
/// <param name="RequestsPerMinute">Requests in any 60 s, at most; null where there is no limit. At least 1.</param>
/// <param name="TokensPerMinute">Tokens in any 60 s, at most; null where there is no limit. At least 1.</param>
public sealed record QuotaBucket(string Name, long? RequestsPerMinute, long? TokensPerMinute)
{
    /// <summary>True where something is limited.</summary>
    public bool IsLimited => RequestsPerMinute is not null || TokensPerMinute is not null;
}

/// <summary>What was granted of a bucket in the last 60 s.</summary>
/// <param name="Bucket">Its name.</param>
/// <param name="Requests">Calls dated in these 60 s.</param>
/// <param name="Tokens">Tokens that they reserved, corrected by what they took where that is known.</param>
public sealed record QuotaUse(string Bucket, long Requests, long Tokens);

/// <summary>A wish for permits.</summary>
/// <param name="Buckets">The buckets that every call counts in; at least one.</param>
/// <param name="Tokens">For each call, in order: the tokens it reserves (prompt estimate and maximum output). None where only a correction is told.</param>
/// <param name="Horizon">Permits dated later than this from now are not granted yet.</param>
public sealed record QuotaAsk(IReadOnlyList<QuotaBucket> Buckets, IReadOnlyList<long> Tokens, TimeSpan Horizon)
{
    /// <summary>What earlier calls took, where that is not what they reserved.</summary>
    public IReadOnlyList<QuotaCorrection> Corrections { get; init; } = [];
}

/// <summary>What a call took beyond its reservation.</summary>
/// <param name="Age">How long ago it was sent.</param>
/// <param name="Tokens">Used less reserved: negative where less was used.</param>
public readonly record struct QuotaCorrection(TimeSpan Age, long Tokens);

/// <summary>Permits for the first calls of a wish.</summary>
/// <param name="Permits">In the order of the wish; fewer where the rest would be dated behind the horizon.</param>
/// <param name="AskAgainAfter">When the next call would have a date within the horizon, counted from the answer; zero where all were granted.</param>
public sealed record QuotaGrant(IReadOnlyList<QuotaPermit> Permits, TimeSpan AskAgainAfter);

/// <summary>
/// One call may be sent. Both times are counted on the holder's own monotonic clock, so that clocks may differ: the first from when the answer came,
/// so that nobody is early; the second from before the question was sent, so that nobody is late.
/// </summary>
/// <param name="NotBefore">Earliest sending, counted from the answer's arrival.</param>
/// <param name="Expires">Latest sending, counted from before the question was sent. A permit that is older is thrown away.</param>
/// <param name="Tokens">What it reserves.</param>
public readonly record struct QuotaPermit(TimeSpan NotBefore, TimeSpan Expires, long Tokens);
