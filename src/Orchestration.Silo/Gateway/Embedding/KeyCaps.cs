using System.Collections.Frozen;
using Orchestration.Core.Access;

namespace Orchestration.Silo.Gateway.Embedding;

/// <summary>What keys may spend a day, for a host that is told who asks and checks no key itself. A change counts within a second. Safe for concurrent use.</summary>
internal sealed class KeyCaps(IAccessDirectory directory, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(500);

    private volatile Known? _known;

    /// <summary>US dollars a day; null where the key has no cap, or where there is no such key.</summary>
    public async ValueTask<decimal?> UsdPerDayAsync(string key, CancellationToken cancellationToken)
    {
        var known = _known;
        if (known is null || time.GetElapsedTime(known.At) >= Fresh)
        {
            // The number first: a change between the two is read twice, and never missed.
            var at = time.GetTimestamp();
            var version = await directory.VersionAsync(cancellationToken);
            var caps = version == known?.Version ? known.Caps : (await directory.ListAsync(cancellationToken)).ToFrozenDictionary(static k => k.Id, static k => k.Limits.UsdPerDay, StringComparer.Ordinal);
            _known = known = new Known(at, version, caps);
        }

        return known.Caps.GetValueOrDefault(key);
    }

    private sealed record Known(long At, long Version, FrozenDictionary<string, decimal?> Caps);
}
