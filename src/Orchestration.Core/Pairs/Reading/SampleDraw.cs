namespace Orchestration.Core.Pairs.Reading;

/// <summary>
/// Draws a sample of ids: those with the smallest seeded hashes. It does not depend on the order of the rows, a larger sample holds every smaller one
/// of the same seed, and a row that is added or removed changes the sample by one row at most.
/// </summary>
internal sealed class SampleDraw(long seed, string folder) : IDisposable
{
    private readonly RecordSorter _hashes = new(16, folder);

    public long Rows => _hashes.Count;

    public void Add(ReadOnlySpan<byte> id) => IdHash.Of(id, seed).WriteTo(_hashes.Add());

    /// <summary>The greatest hash in the sample; null where everything is. An id counts once, however often it stands in the data.</summary>
    public Hash128? Bound(long sample)
    {
        Hash128? last = null;
        foreach (var record in _hashes.Sorted())
        {
            var hash = Hash128.FromBytes(record.Span);
            if (hash == last) continue;
            if (sample-- == 0) return last;
            last = hash;
        }

        return null;
    }

    public void Dispose() => _hashes.Dispose();
}
