using Orchestration.Storage.Formats;
using Orchestration.Core.Sweeps;

namespace Orchestration.Storage.Sqlite.Sweeps;

/// <summary>Claims, renews, releases and fences shards. Inside the writer's transactions.</summary>
internal static class ShardLeases
{
    public static IReadOnlyList<ShardLease> Claim(
        Connection connection, OwnerLocks owners, string sweepId, string owner, int most, long now, long until)
    {
        if (SweepKeys.Number(sweepId) is not { } number || SweepRows.State(connection, number) != SweepState.Running) return [];
        List<ShardLease> claimed = [];
        Dictionary<string, bool> isDead = new(StringComparer.Ordinal);
        using (var select = connection.Use("SELECT key, epoch, owner, lease_until FROM shards WHERE sweep = ?1 AND done = 0 ORDER BY key"))
        {
            select.Bind(1, number);
            while (claimed.Count < most && select.Step())
            {
                if (select.TextOrNull(2) is { } holder && select.Int64(3) > now)
                {
                    if (!isDead.TryGetValue(holder, out var ended)) isDead.Add(holder, ended = owners.IsDead(holder));
                    if (!ended) continue;
                }

                claimed.Add(new ShardLease(sweepId, SweepKeys.Index(select.Int64(0)), select.Int64(1) + 1, owner));
            }
        }

        using var update = connection.Use("UPDATE shards SET epoch = ?2, owner = ?3, lease_until = ?4 WHERE key = ?1");
        foreach (var lease in claimed)
            update.Bind(1, SweepKeys.Shard(number, lease.Shard)).Bind(2, lease.Epoch).Bind(3, owner).Bind(4, until).RunOnce();
        return claimed;
    }

    public static IReadOnlyList<ShardLease> Renew(Connection connection, IReadOnlyList<ShardLease> leases, long until)
    {
        List<ShardLease> standing = [];
        using var update = connection.Use("UPDATE shards SET lease_until = ?4 WHERE key = ?1 AND epoch = ?2 AND owner = ?3 AND done = 0");
        foreach (var lease in leases)
        {
            update.Bind(1, SweepKeys.Shard(lease.SweepId, lease.Shard)).Bind(2, lease.Epoch).Bind(3, lease.Owner).Bind(4, until).RunOnce();
            if (connection.Changes == 1) standing.Add(lease);
        }

        return standing;
    }

    public static bool Release(Connection connection, IReadOnlyList<ShardLease> leases)
    {
        using var update = connection.Use("UPDATE shards SET owner = NULL, lease_until = 0 WHERE key = ?1 AND epoch = ?2 AND owner = ?3 AND done = 0");
        foreach (var lease in leases)
            update.Bind(1, SweepKeys.Shard(lease.SweepId, lease.Shard)).Bind(2, lease.Epoch).Bind(3, lease.Owner).RunOnce();
        return true;
    }

    public static bool Checkpoint(Connection connection, ShardLease lease, ShardResult result)
    {
        var key = SweepKeys.Shard(lease.SweepId, lease.Shard);
        using (var update = connection.Use(
            """
            UPDATE shards SET done = 1, owner = NULL, lease_until = 0, judgments = ?4, unscored = ?5, from_store = ?6
            WHERE key = ?1 AND epoch = ?2 AND owner = ?3 AND done = 0
            """))
        {
            update.Bind(1, key).Bind(2, lease.Epoch).Bind(3, lease.Owner).Bind(4, result.Judgments).Bind(5, result.Unscored).Bind(6, result.FromStore).Step();
        }

        if (connection.Changes == 0) return false;
        using (var block = connection.Use("INSERT INTO shard_blocks(key, body) VALUES (?1, ?2)")) block.Bind(1, key).Bind(2, result.Block).Step();
        using var outcomes = connection.Use("DELETE FROM unscored WHERE shard = ?1");
        outcomes.Bind(1, key).Step();
        return true;
    }

    public static bool RecordUnscored(Connection connection, ShardLease lease, IReadOnlyList<UnscoredOutcome> outcomes)
    {
        var key = SweepKeys.Shard(lease.SweepId, lease.Shard);
        using (var standing = connection.Use("SELECT 1 FROM shards WHERE key = ?1 AND epoch = ?2 AND owner = ?3 AND done = 0"))
        {
            if (!standing.Bind(1, key).Bind(2, lease.Epoch).Bind(3, lease.Owner).Step()) return false;
        }

        using var insert = connection.Use("INSERT OR REPLACE INTO unscored(shard, row, col, reason) VALUES (?1, ?2, ?3, ?4)");
        foreach (var outcome in outcomes) insert.Bind(1, key).Bind(2, (long)outcome.Row).Bind(3, (long)outcome.Column).Bind(4, outcome.Reason).RunOnce();
        return true;
    }

    /// <summary>What living owners hold within their leases.</summary>
    public static IReadOnlyList<HeldShards> Held(Connection connection, OwnerLocks owners, long now)
    {
        Dictionary<(string Owner, long Sweep), int> counts = [];
        Dictionary<string, bool> isDead = new(StringComparer.Ordinal);
        using var select = connection.Use("SELECT owner, sweep, count(*) FROM shards WHERE done = 0 AND owner IS NOT NULL AND lease_until > ?1 GROUP BY owner, sweep ORDER BY owner, sweep");
        select.Bind(1, now);
        while (select.Step())
        {
            var owner = select.Text(0).Split('/')[0];
            if (!isDead.TryGetValue(owner, out var ended)) isDead.Add(owner, ended = owners.IsDead(owner));
            if (!ended) counts[(owner, select.Int64(1))] = counts.GetValueOrDefault((owner, select.Int64(1))) + select.Int32(2);
        }

        return
        [
            .. counts.OrderBy(static count => count.Key.Owner.Length).ThenBy(static count => count.Key.Owner, StringComparer.Ordinal).ThenBy(static count => count.Key.Sweep)
                .Select(static count => new HeldShards(count.Key.Owner, SweepKeys.Id(count.Key.Sweep), count.Value)),
        ];
    }

    /// <summary>True where a living owner holds a shard within its lease.</summary>
    public static bool AnyHeld(Connection connection, OwnerLocks owners, long number, long now)
    {
        using var select = connection.Use("SELECT DISTINCT owner FROM shards WHERE sweep = ?1 AND done = 0 AND owner IS NOT NULL AND lease_until > ?2");
        select.Bind(1, number).Bind(2, now);
        while (select.Step())
        {
            if (!owners.IsDead(select.Text(0))) return true;
        }

        return false;
    }
}
