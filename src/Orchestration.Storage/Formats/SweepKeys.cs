using System.Globalization;
using Orchestration.Core;

namespace Orchestration.Storage.Formats;

/// <summary>Sweeps are numbered, and named <c>s1</c>, <c>s2</c>, …; a shard's key is its sweep's number and its index in one integer.</summary>
internal static class SweepKeys
{
    private const int IndexBits = 32;

    public static string Id(long number) => string.Create(CultureInfo.InvariantCulture, $"s{number}");

    /// <summary>The number of a sweep; null for a text that is no sweep's id.</summary>
    public static long? Number(string sweepId)
    {
        ArgumentNullException.ThrowIfNull(sweepId);
        return sweepId.Length > 1 && sweepId[0] == 's' && int.TryParse(sweepId.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
    }

    public static long Shard(long sweep, int index) => (sweep << IndexBits) | (uint)index;

    /// <summary>The key of a leased shard; −1, which no shard has, for an id that is no sweep's.</summary>
    public static long Shard(string sweepId, int index) => Number(sweepId) is { } number && index >= 0 ? Shard(number, index) : -1;

    public static int Index(long key) => (int)(key & uint.MaxValue);

    public static OrchestrationException NotFound(string sweepId) =>
        new(ErrorCodes.NotFound, $"There is no sweep {sweepId} in this store. `sweep list` shows those there are.");
}
