using Orchestration.Core;
using Orchestration.Core.Aggregation;

namespace Orchestration.Storage.Sqlite.Aggregators;

/// <summary>
/// Aggregator versions in the store's file. A setting's change number is taken in the transaction that writes it, so the feed shows changes in the order of
/// their commits and a reader can miss none.
/// </summary>
internal sealed class SqliteAggregatorCatalog(GroupCommitWriter writer, ReadConnections reads, TimeProvider time) : IAggregatorCatalog
{
    public async ValueTask<bool> AddAsync(StoredAggregator version, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(version);
        return await writer.RunAsync(
            connection =>
            {
                if (Number(connection, version.Name, version.Id) is not null) return false;
                using (var insert = connection.Use("INSERT INTO aggregator_versions(name, id, model, added_at) VALUES (?1, ?2, ?3, ?4)"))
                    insert.Bind(1, version.Name).Bind(2, version.Id).Bind(3, version.Model).Bind(4, time.GetUtcNow().UtcTicks).Step();
                var number = connection.LastInsertedId;
                using var body = connection.Use("INSERT INTO aggregator_bodies(version, manifest, weights) VALUES (?1, ?2, ?3)");
                body.Bind(1, number).Bind(2, version.Manifest.AsSpan()).Bind(3, version.Weights.AsSpan()).Step();
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<StoredAggregator?> FindAsync(string id, string? name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        return await reads.RunAsync(
            connection =>
            {
                using var select = connection.Use(
                    """
                    SELECT v.name, v.model, b.manifest, b.weights FROM aggregator_versions v JOIN aggregator_bodies b ON b.version = v.number
                    WHERE v.id = ?1 AND (?2 IS NULL OR v.name = ?2) ORDER BY v.name LIMIT 1
                    """);
                select.Bind(1, id).Bind(2, name);
                return select.Step() ? new StoredAggregator(select.Text(0), id, select.Text(1), select.Bytes(2).ToArray(), select.Bytes(3).ToArray()) : null;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<AggregatorHead>> ListAsync(string? name, CancellationToken cancellationToken) =>
        await reads.RunAsync<IReadOnlyList<AggregatorHead>>(
            connection =>
            {
                List<AggregatorHead> heads = [];
                using var select = connection.Use("SELECT name, id, model, added_at FROM aggregator_versions WHERE ?1 IS NULL OR name = ?1 ORDER BY number DESC");
                select.Bind(1, name);
                while (select.Step()) heads.Add(new AggregatorHead(select.Text(0), select.Text(1), select.Text(2), new DateTimeOffset(select.Int64(3), TimeSpan.Zero)));
                return heads;
            },
            cancellationToken).ConfigureAwait(false);

    public async ValueTask<AggregatorSetting> SettingAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return await reads.RunAsync(connection => Setting(connection, name), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<AggregatorSetting?> TryChangeAsync(long epoch, AggregatorSetting setting, ActivationAttempt? attempt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(setting);
        return await writer.RunAsync(
            connection =>
            {
                if (Setting(connection, setting.Name).Epoch != epoch) return null;
                foreach (var id in setting.Named)
                {
                    if (Number(connection, setting.Name, id) is null)
                        throw new OrchestrationException(ErrorCodes.NotFound, $"The aggregator '{setting.Name}' has no version {id[..Math.Min(12, id.Length)]}. 'orchestrate aggregator list {setting.Name}' shows those it has.");
                }

                var changed = setting with { Epoch = epoch + 1 };
                Write(connection, changed);
                if (attempt is not null) Record(connection, attempt);
                return changed;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask RecordAsync(ActivationAttempt attempt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(attempt);
        await writer.RunAsync(connection => Record(connection, attempt), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<ActivationAttempt>> AttemptsAsync(string name, CancellationToken cancellationToken) =>
        await reads.RunAsync<IReadOnlyList<ActivationAttempt>>(
            connection =>
            {
                List<ActivationAttempt> attempts = [];
                using var select = connection.Use(
                    "SELECT version, previous, outcome, reason, asked_by, at FROM aggregator_attempts WHERE name = ?1 ORDER BY number DESC");
                select.Bind(1, name);
                while (select.Step())
                {
                    attempts.Add(new ActivationAttempt(
                        name, select.TextOrNull(0), select.TextOrNull(1), (AttemptOutcome)select.Int32(2), select.Text(3), select.TextOrNull(4), new DateTimeOffset(select.Int64(5), TimeSpan.Zero)));
                }

                return attempts;
            },
            cancellationToken).ConfigureAwait(false);

    public async ValueTask<AggregatorChanges> ChangesAsync(long after, CancellationToken cancellationToken) =>
        await reads.RunAsync(
            connection =>
            {
                List<string> names = [];
                var through = after;
                using var select = connection.Use("SELECT name, change FROM aggregator_settings WHERE change > ?1 ORDER BY name");
                select.Bind(1, after);
                while (select.Step())
                {
                    names.Add(select.Text(0));
                    through = Math.Max(through, select.Int64(1));
                }

                return new AggregatorChanges(through, names);
            },
            cancellationToken).ConfigureAwait(false);

    public async ValueTask WaitAsync(TimeSpan most, CancellationToken cancellationToken) => await Task.Delay(most, time, cancellationToken).ConfigureAwait(false);

    public async ValueTask AddComparisonAsync(string name, LiveComparison comparison, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(comparison);
        await writer.RunAsync(
            connection =>
            {
                using var upsert = connection.Use(
                    """
                    INSERT INTO aggregator_comparisons VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                    ON CONFLICT (name, active, other) DO UPDATE SET
                      row_count = row_count + excluded.row_count, only_active = only_active + excluded.only_active, only_other = only_other + excluded.only_other,
                      total = total + excluded.total, other_total = other_total + excluded.other_total, squares = squares + excluded.squares,
                      other_squares = other_squares + excluded.other_squares, products = products + excluded.products,
                      max_difference = max(max_difference, excluded.max_difference)
                    """);
                return upsert.Bind(1, name).Bind(2, comparison.Active).Bind(3, comparison.Other).Bind(4, comparison.Rows).Bind(5, comparison.OnlyActive)
                    .Bind(6, comparison.OnlyOther).Bind(7, comparison.Sum).Bind(8, comparison.OtherSum).Bind(9, comparison.Squares)
                    .Bind(10, comparison.OtherSquares).Bind(11, comparison.Products).Bind(12, comparison.MaxDifference).Step();
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<LiveComparison>> ComparisonsAsync(string name, CancellationToken cancellationToken) =>
        await reads.RunAsync<IReadOnlyList<LiveComparison>>(
            connection =>
            {
                List<LiveComparison> comparisons = [];
                using var select = connection.Use("SELECT * FROM aggregator_comparisons WHERE name = ?1 ORDER BY active, other");
                select.Bind(1, name);
                while (select.Step())
                {
                    comparisons.Add(new LiveComparison(
                        select.Text(1), select.Text(2), select.Int64(3), select.Int64(4), select.Int64(5), select.Double(6), select.Double(7), select.Double(8), select.Double(9),
                        select.Double(10), select.Double(11)));
                }

                return comparisons;
            },
            cancellationToken).ConfigureAwait(false);

    private static long? Number(Connection connection, string name, string id)
    {
        using var select = connection.Use("SELECT number FROM aggregator_versions WHERE name = ?1 AND id = ?2");
        return select.Bind(1, name).Bind(2, id).Step() ? select.Int64(0) : null;
    }

    private static AggregatorSetting Setting(Connection connection, string name)
    {
        using var select = connection.Use("SELECT epoch, active, earlier, shadow, canary, canary_share FROM aggregator_settings WHERE name = ?1");
        if (!select.Bind(1, name).Step()) return new AggregatorSetting { Name = name };
        return new AggregatorSetting
        {
            Name = name,
            Epoch = select.Int64(0),
            Active = select.TextOrNull(1),
            Earlier = Names(select.Text(2)),
            Shadow = select.TextOrNull(3),
            Canary = select.TextOrNull(4),
            CanaryShare = select.Double(5),
        };
    }

    private static void Write(Connection connection, AggregatorSetting setting)
    {
        using var upsert = connection.Use(
            """
            INSERT INTO aggregator_settings(name, epoch, active, earlier, shadow, canary, canary_share, change)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, (SELECT coalesce(max(change), 0) + 1 FROM aggregator_settings))
            ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, active = excluded.active, earlier = excluded.earlier, shadow = excluded.shadow,
              canary = excluded.canary, canary_share = excluded.canary_share, change = excluded.change
            """);
        upsert.Bind(1, setting.Name).Bind(2, setting.Epoch).Bind(3, setting.Active).Bind(4, string.Join(' ', setting.Earlier.Select(static id => id.Length == 0 ? "-" : id)))
            .Bind(5, setting.Shadow).Bind(6, setting.Canary).Bind(7, setting.CanaryShare).Step();
    }

    private bool Record(Connection connection, ActivationAttempt attempt)
    {
        using var insert = connection.Use(
            "INSERT INTO aggregator_attempts(name, version, previous, outcome, reason, asked_by, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        return insert.Bind(1, attempt.Name).Bind(2, attempt.Version).Bind(3, attempt.Previous).Bind(4, (long)attempt.Outcome).Bind(5, attempt.Reason)
            .Bind(6, attempt.By).Bind(7, time.GetUtcNow().UtcTicks).Step();
    }

    private static string[] Names(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static id => id == "-" ? "" : id)];
}
