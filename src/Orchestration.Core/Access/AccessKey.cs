namespace Orchestration.Core.Access;

/// <summary>How much a key may use. Each is null or empty where it is not limited.</summary>
public sealed record KeyLimits
{
    /// <summary>No limit.</summary>
    public static KeyLimits None { get; } = new();

    /// <summary>Requests in any 60 s, at most, at each silo: 1–1,000,000.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>Requests in flight at once, at most, at each silo: 1–100,000.</summary>
    public int? Concurrent { get; init; }

    /// <summary>US dollars a day (UTC), at most, all silos together: kept in the ledger.</summary>
    public decimal? UsdPerDay { get; init; }

    /// <summary>What a request may state as <c>model</c>: experts, <c>auto</c>, <c>auto:POLICY</c>; empty for everything.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>True where a request may state this model.</summary>
    public bool Allows(string model)
    {
        if (Models.Count == 0) return true;
        for (var i = 0; i < Models.Count; i++)
        {
            if (string.Equals(Models[i], model, StringComparison.Ordinal)) return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Equals(KeyLimits? other) => other is not null && RequestsPerMinute == other.RequestsPerMinute && Concurrent == other.Concurrent && UsdPerDay == other.UsdPerDay
        && Models.SequenceEqual(other.Models, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(RequestsPerMinute, Concurrent, UsdPerDay, Models.Count);
}

/// <summary>An API key as it is kept: never the key itself. Immutable; revoking it makes another record.</summary>
public sealed record AccessKey
{
    /// <summary>Its public part, by which it is found: 12 characters of <c>a–z2–7</c>. Safe to show and log.</summary>
    public required string Id { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>What it allows.</summary>
    public required AccessRoles Roles { get; init; }

    /// <summary>HMAC-SHA256 of the whole key under the server's secret: 32 bytes.</summary>
    public required ReadOnlyMemory<byte> Hash { get; init; }

    /// <summary>Tells which secret <see cref="Hash"/> was made with, without telling the secret: see <see cref="ServerSecret.Name"/>.</summary>
    public required string Secret { get; init; }

    /// <summary>How much it may use.</summary>
    public KeyLimits Limits { get; init; } = KeyLimits.None;

    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it stops to count, UTC; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was revoked, UTC; null where it was not.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>True where it counts at a moment.</summary>
    public bool CountsAt(DateTimeOffset now) => RevokedAt is null && (ExpiresAt is not { } end || now < end);
}
