using Orchestration.Core.Pairs.Blocks;

namespace Orchestration.Core.Sweeps.Browsing;

/// <summary>Tells which shards of a sweep cannot hold a text, by what is stored of their words: up to some tens of bytes a row, of which those of 64 shards are in memory at a time.</summary>
/// <param name="sweeps">The store.</param>
/// <param name="sweepId">The sweep.</param>
/// <param name="filter">Which rows.</param>
internal sealed class SearchedWords(ISweepStore sweeps, string sweepId, PairFilter filter)
{
    /// <summary>Shards asked for at once: a few of them hold the texts of 256 rows, as many hold those of 4,096.</summary>
    private const int AtOnce = 64;

    private readonly ulong[] _probes = filter.Text is { } text ? WordFilter.Probes(text) : [];
    private (int First, ShardFindings?[] Passed) _known = (0, []);

    /// <summary>What looking through a shard would find, where that is known to be nothing; null where it must be read.</summary>
    public async ValueTask<ShardFindings?> PassAsync(int shard, CancellationToken cancellationToken)
    {
        if (_probes.Length == 0) return null;
        if (shard < _known.First || shard >= _known.First + _known.Passed.Length)
        {
            var read = await sweeps.ReadWordsAsync(sweepId, shard, AtOnce, cancellationToken).ConfigureAwait(false);
            var passed = new ShardFindings?[AtOnce];
            foreach (var words in read)
            {
                if (words.Words is { } stored && !WordFilter.MayHold(stored, _probes)) passed[words.Index - shard] = new ShardFindings([], words.FirstRow, words.Rows, words.IsDone);
            }

            _known = (shard, passed);
        }

        return _known.Passed[shard - _known.First];
    }
}
