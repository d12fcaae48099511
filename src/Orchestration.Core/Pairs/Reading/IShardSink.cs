using Orchestration.Core.Sweeps;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>Where shards go as they are read. Called by one caller at a time, never concurrently.</summary>
public interface IShardSink
{
    /// <summary>Stores further shards; indices follow one another from 0 over all calls.</summary>
    ValueTask AppendAsync(IReadOnlyList<ShardData> shards, CancellationToken cancellationToken);

    /// <summary>Replaces a shard appended before; it may have fewer rows than it had, also none.</summary>
    ValueTask ReplaceAsync(ShardData shard, CancellationToken cancellationToken);

    /// <summary>Gives a shard back as it was appended or last replaced.</summary>
    ValueTask<ShardData> ReadBackAsync(int index, CancellationToken cancellationToken);
}
