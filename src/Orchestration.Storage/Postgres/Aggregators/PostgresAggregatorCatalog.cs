using System.Collections.Concurrent;
using Npgsql;
using Orchestration.Core;
using Orchestration.Core.Aggregation;

namespace Orchestration.Storage.Postgres.Aggregators;

/// <summary>Aggregator versions and settings. A change is announced to all silos by NOTIFY; the numbered changes are the truth.</summary>
internal sealed class PostgresAggregatorCatalog(Database database, SiloPresence silo, Announcements announcements) : IAggregatorCatalog
{
    private const string SettingColumns = "SELECT name, epoch, active, earlier, shadow, canary, canary_share FROM aggregator_settings WHERE name = $1";

    private readonly Announcements.Ear _ear = announcements.NewEar();

    // What this silo added to each comparison. Written as a sum, so that a write whose answer was lost can be made again.
    private readonly ConcurrentDictionary<(string Name, string Active, string Other), LiveComparison> _added = new();

    public async ValueTask<bool> AddAsync(StoredAggregator version, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(version);
        return await database.RunAsync(
            async (connection, attempt, cancel) => await connection.Command(
                "INSERT INTO aggregator_versions(name, id, model, added_at, manifest, weights) VALUES ($1, $2, $3, clock_ticks($4::bigint), $5, $6) ON CONFLICT (id, name) DO NOTHING",
                version.Name, version.Id, version.Model, database.Now, version.Manifest, version.Weights).ExecuteAsync(cancel).ConfigureAwait(false) == 1 || attempt > 0,
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<StoredAggregator?> FindAsync(string id, string? name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        var found = await database.RunAsync(
            (connection, _, cancel) => connection.Command(
                "SELECT name, model, manifest, weights FROM aggregator_versions WHERE id = $1 AND ($2::text IS NULL OR name = $2) ORDER BY name LIMIT 1", id, name).ListAsync(
                reader => new StoredAggregator(reader.GetString(0), id, reader.GetString(1), reader.GetFieldValue<byte[]>(2), reader.GetFieldValue<byte[]>(3)), cancel),
            cancellationToken).ConfigureAwait(false);
        return found.FirstOrDefault();
    }

    public async ValueTask<IReadOnlyList<AggregatorHead>> ListAsync(string? name, CancellationToken cancellationToken) => await database.RunAsync(
        (connection, _, cancel) => connection.Command("SELECT name, id, model, added_at FROM aggregator_versions WHERE $1::text IS NULL OR name = $1 ORDER BY number DESC", name)
            .ListAsync(static reader => new AggregatorHead(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.Moment(3)), cancel),
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<AggregatorSetting> SettingAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return await database.RunAsync(
            async (connection, _, cancel) => await SettingAsync(connection, name, cancel).ConfigureAwait(false) ?? new AggregatorSetting { Name = name }, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<AggregatorSetting?> TryChangeAsync(long epoch, AggregatorSetting setting, ActivationAttempt? attempt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(setting);
        var token = silo.NextToken();
        return await database.TransactAsync(
            async (connection, tries, cancel) =>
            {
                // Changes come one after another, so that their numbers become visible in their order.
                await connection.Command("SELECT pg_advisory_xact_lock(silo_key(), 0)").ExecuteAsync(cancel).ConfigureAwait(false);
                var before = await SettingAsync(connection, setting.Name, cancel).ConfigureAwait(false) ?? new AggregatorSetting { Name = setting.Name };
                if (tries > 0 && await connection.Command("SELECT count(*) FROM aggregator_settings WHERE name = $1 AND changed_by = $2", setting.Name, token).ScalarAsync<long>(cancel).ConfigureAwait(false) == 1)
                    return before;
                if (before.Epoch != epoch) return null;
                foreach (var id in setting.Named)
                {
                    if (await connection.Command("SELECT count(*) FROM aggregator_versions WHERE name = $1 AND id = $2", setting.Name, id).ScalarAsync<long>(cancel).ConfigureAwait(false) == 0)
                        throw new OrchestrationException(ErrorCodes.NotFound, $"The aggregator '{setting.Name}' has no version {id[..Math.Min(12, id.Length)]}. 'orchestrate aggregator list {setting.Name}' shows those it has.");
                }

                var changed = setting with { Epoch = epoch + 1 };
                await connection.Command(
                    """
                    INSERT INTO aggregator_settings VALUES ($1, $2, $3::text, $4::text[], $5::text, $6::text, $7, (SELECT coalesce(max(change), 0) + 1 FROM aggregator_settings), $8)
                    ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, active = excluded.active, earlier = excluded.earlier, shadow = excluded.shadow,
                      canary = excluded.canary, canary_share = excluded.canary_share, change = excluded.change, changed_by = excluded.changed_by
                    """,
                    changed.Name, changed.Epoch, changed.Active, changed.Earlier.ToArray(), changed.Shadow, changed.Canary, changed.CanaryShare, token).ExecuteAsync(cancel).ConfigureAwait(false);
                if (attempt is not null) await RecordAsync(connection, attempt, token, cancel).ConfigureAwait(false);
                await connection.Command("SELECT pg_notify($1, $2)", announcements.Channel, changed.Name).ExecuteAsync(cancel).ConfigureAwait(false);
                return changed;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask RecordAsync(ActivationAttempt attempt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(attempt);
        var token = silo.NextToken();
        await database.RunAsync((connection, _, cancel) => RecordAsync(connection, attempt, token, cancel), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<ActivationAttempt>> AttemptsAsync(string name, CancellationToken cancellationToken) => await database.RunAsync(
        (connection, _, cancel) => connection.Command("SELECT version, previous, outcome, reason, asked_by, at FROM aggregator_attempts WHERE name = $1 ORDER BY number DESC", name).ListAsync(
            reader => new ActivationAttempt(
                name, reader.TextOrNull(0), reader.TextOrNull(1), (AttemptOutcome)reader.GetInt16(2), reader.GetString(3), reader.TextOrNull(4), reader.Moment(5)), cancel),
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<AggregatorChanges> ChangesAsync(long after, CancellationToken cancellationToken)
    {
        var changes = await database.RunAsync(
            (connection, _, cancel) => connection.Command("SELECT name, change FROM aggregator_settings WHERE change > $1 ORDER BY name", after)
                .ListAsync(static reader => (Name: reader.GetString(0), Change: reader.GetInt64(1)), cancel),
            cancellationToken).ConfigureAwait(false);
        return new AggregatorChanges(changes.Select(static change => change.Change).Append(after).Max(), [.. changes.Select(static change => change.Name)]);
    }

    public ValueTask WaitAsync(TimeSpan most, CancellationToken cancellationToken) => _ear.WaitAsync(most, cancellationToken);

    public async ValueTask AddComparisonAsync(string name, LiveComparison comparison, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(comparison);
        cancellationToken.ThrowIfCancellationRequested();
        var sum = _added.AddOrUpdate((name, comparison.Active, comparison.Other), static (_, more) => more, static (_, before, more) => before.Plus(more), comparison);
        await database.RunAsync(
            (connection, _, cancel) => connection.Command(
                """
                INSERT INTO aggregator_comparisons AS t VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                ON CONFLICT (name, active, other, silo) DO UPDATE SET
                  row_count = excluded.row_count, only_active = excluded.only_active, only_other = excluded.only_other, total = excluded.total, other_total = excluded.other_total,
                  squares = excluded.squares, other_squares = excluded.other_squares, products = excluded.products, max_difference = excluded.max_difference
                WHERE excluded.row_count + excluded.only_active + excluded.only_other > t.row_count + t.only_active + t.only_other
                """,
                name, sum.Active, sum.Other, silo.Number, sum.Rows, sum.OnlyActive, sum.OnlyOther, sum.Sum, sum.OtherSum, sum.Squares, sum.OtherSquares, sum.Products, sum.MaxDifference).ExecuteAsync(cancel),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<LiveComparison>> ComparisonsAsync(string name, CancellationToken cancellationToken) => await database.RunAsync(
        (connection, _, cancel) => connection.Command(
            """
            SELECT active, other, sum(row_count)::bigint, sum(only_active)::bigint, sum(only_other)::bigint, sum(total ORDER BY silo), sum(other_total ORDER BY silo), sum(squares ORDER BY silo),
              sum(other_squares ORDER BY silo), sum(products ORDER BY silo), max(max_difference)
            FROM aggregator_comparisons WHERE name = $1 GROUP BY active, other ORDER BY active, other
            """,
            name).ListAsync(
            static reader => new LiveComparison(
                reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetDouble(5), reader.GetDouble(6), reader.GetDouble(7),
                reader.GetDouble(8), reader.GetDouble(9), reader.GetDouble(10)), cancel),
        cancellationToken).ConfigureAwait(false);

    private static async Task<AggregatorSetting?> SettingAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken) =>
        (await connection.Command(SettingColumns, name).ListAsync(
            static reader => new AggregatorSetting
            {
                Name = reader.GetString(0),
                Epoch = reader.GetInt64(1),
                Active = reader.TextOrNull(2),
                Earlier = reader.GetFieldValue<string[]>(3),
                Shadow = reader.TextOrNull(4),
                Canary = reader.TextOrNull(5),
                CanaryShare = reader.GetDouble(6),
            },
            cancellationToken).ConfigureAwait(false)).FirstOrDefault();

    private Task<int> RecordAsync(NpgsqlConnection connection, ActivationAttempt attempt, long token, CancellationToken cancellationToken) => connection.Command(
        """
        INSERT INTO aggregator_attempts(name, version, previous, outcome, reason, asked_by, at, token) VALUES ($1, $2::text, $3::text, $4, $5, $6::text, clock_ticks($7::bigint), $8)
        ON CONFLICT (token) DO NOTHING
        """,
        attempt.Name, attempt.Version, attempt.Previous, (short)attempt.Outcome, attempt.Reason, attempt.By, database.Now, token).ExecuteAsync(cancellationToken);
}
