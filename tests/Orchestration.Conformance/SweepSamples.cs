using Orchestration.Core.Sweeps;

namespace Orchestration.Conformance;

/// <summary>Sweeps and shards for the suites.</summary>
public static class SweepSamples
{
    /// <summary>Longer than any lease that the tests take is short.</summary>
    public static TimeSpan Lease { get; } = TimeSpan.FromSeconds(30);

    public static NewSweep Sweep(string owner, string definition = "{\"judges\":[]}") => new(definition, "fingerprint", "/results", owner);

    /// <summary>A shard whose bytes tell it from others.</summary>
    public static ShardData Shard(int index, int rows = 10, int bytes = 100) => new(index, rows, Bytes(index, bytes), Bytes(index + 1000, 2 * bytes));

    public static ShardResult Result(int shard, long judgments = 20, long unscored = 0, long fromStore = 0) =>
        new(Bytes(shard + 2000, 64), judgments, unscored, fromStore);

    public static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Registers and seals a sweep of shards of ten rows.</summary>
    public static async Task<string> SealedAsync(IStoreOwner owner, int shards, CancellationToken cancel)
    {
        var sweep = await owner.Sweeps.CreateAsync(Sweep(owner.Owner), cancel);
        if (shards > 0) await owner.Sweeps.AppendShardsAsync(sweep.Id, Enumerable.Range(0, shards).Select(static index => Shard(index)).ToArray(), cancel);
        await owner.Sweeps.SealAsync(sweep.Id, new SweepSeal("{}", 10L * shards, 0), cancel);
        return sweep.Id;
    }

    public static ValueTask<IReadOnlyList<ShardLease>> ClaimAsync(IStoreOwner owner, string sweep, int most, CancellationToken cancel) =>
        owner.Sweeps.ClaimAsync(sweep, owner.Owner, most, Lease, cancel);

    public static async Task<ShardLease> ClaimOneAsync(IStoreOwner owner, string sweep, CancellationToken cancel) =>
        (await ClaimAsync(owner, sweep, 1, cancel)).Single();
}
