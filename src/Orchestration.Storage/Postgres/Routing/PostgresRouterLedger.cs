using Npgsql;
using Orchestration.Core;
using Orchestration.Core.Routing;
using Orchestration.Storage.Formats;

namespace Orchestration.Storage.Postgres.Routing;

/// <summary>
/// Routed traffic in the database: a row for each batch of routes with their keys and their body; rewards and ratings have a row each. Numbers of batches and rewards are taken under the lock of one row
/// until the commit, so that they become visible in their order and a feed misses none. Every write may be made again after a commit whose answer was lost.
/// </summary>
internal sealed class PostgresRouterLedger(Database database, SiloPresence silo) : IRouterLedger
{
    public async ValueTask AppendAsync(RouteBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var (keys, body) = RouteBlock.Write(batch.Routes);
        var totals = RouteTotals.Of(batch.Routes);
        await database.TransactAsync(
            async (connection, _, cancel) =>
            {
                var isNew = await connection.Command(
                    """
                    INSERT INTO route_writers AS w(silo, batch, accepted, written, dropped, ended, at) VALUES ($1, $2, $3, $4, $5, $6, clock_ticks($7::bigint))
                    ON CONFLICT (silo) DO UPDATE SET batch = excluded.batch, accepted = excluded.accepted, written = w.written + excluded.written, dropped = excluded.dropped, ended = excluded.ended, at = excluded.at
                    WHERE w.batch < excluded.batch
                    """,
                    silo.Number, batch.Number, batch.Accepted, (long)batch.Routes.Count, batch.Dropped, batch.IsLast, database.Now).ExecuteAsync(cancel).ConfigureAwait(false) == 1;
                if (!isNew || batch.Routes.Count == 0) return isNew;
                await using var write = new NpgsqlBatch(connection);
                write.Add(
                    "WITH n AS (UPDATE route_numbers SET blocks = blocks + 1 RETURNING blocks) INSERT INTO route_blocks(number, last_at, routes, keys, body) SELECT blocks, $1, $2, $3, $4 FROM n",
                    batch.Routes.Max(static r => r.Decision.At).UtcTicks, batch.Routes.Count, keys, body.Memory);
                foreach (var t in totals)
                {
                    write.Add(
                        """
                        INSERT INTO route_totals AS t VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                        ON CONFLICT (day, expert, silo) DO UPDATE SET routes = t.routes + excluded.routes, failed = t.failed + excluded.failed, explored = t.explored + excluded.explored,
                          cost = t.cost + excluded.cost, unknown = t.unknown + excluded.unknown, latency = t.latency + excluded.latency, output = t.output + excluded.output
                        """,
                        t.Day.DayNumber, t.Expert, silo.Number, t.Routes, t.Failed, t.Explored, t.CostUsd, t.UnknownUsd, t.LatencySeconds, t.OutputTokens);
                }

                await write.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
                return true;
            },
            cancellationToken,
            mayBeLost: !batch.IsLast).ConfigureAwait(false);

        // Given back only where the write is known to have ended.
        body.Return();
    }

    public async ValueTask<RouteRecord?> FindAsync(string routeId, CancellationToken cancellationToken)
    {
        if (!RouteId.TryParse(routeId, out var id)) return null;
        return await database.RunAsync(
            async (connection, _, cancel) =>
            {
                if (await LocateAsync(connection, id, cancel).ConfigureAwait(false) is not { } found) return null;
                var rewards = await RewardsAsync(connection, [id], cancel).ConfigureAwait(false);
                var ratings = await connection.Command(RatingColumns + " WHERE id = $1 ORDER BY number", id.ToGuid()).ListAsync(Rating, cancel).ConfigureAwait(false);
                return found.Route.With(rewards.GetValueOrDefault(id)) with { Feedback = [.. ratings.Select(static r => r.Feedback)] };
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> DeleteAsync(string routeId, CancellationToken cancellationToken)
    {
        if (!RouteId.TryParse(routeId, out var id)) return false;
        return await database.TransactAsync(
            async (connection, attempt, cancel) =>
            {
                var found = await LocateAsync(connection, id, cancel).ConfigureAwait(false);
                if (found is { } at)
                {
                    // Somebody else may be deleting from the same batch: it is read again under its lock.
                    var bodies = await connection.Command("SELECT body FROM route_blocks WHERE number = $1 FOR UPDATE", at.Number).ListAsync(static reader => reader.GetFieldValue<byte[]>(0), cancel).ConfigureAwait(false);
                    if (bodies.Count > 0)
                    {
                        var (keys, body) = RouteBlock.Without(bodies[0], id);
                        if (keys.Length == 0) await connection.Command("DELETE FROM route_blocks WHERE number = $1", at.Number).ExecuteAsync(cancel).ConfigureAwait(false);
                        else await connection.Command("UPDATE route_blocks SET routes = $2, keys = $3, body = $4 WHERE number = $1", at.Number, keys.Length / 8, keys, body.Memory).ExecuteAsync(cancel).ConfigureAwait(false);
                        body.Return();
                    }
                }

                var others = await connection.Command("DELETE FROM route_rewards WHERE id = $1", id.ToGuid()).ExecuteAsync(cancel).ConfigureAwait(false)
                    + await connection.Command("DELETE FROM route_ratings WHERE id = $1", id.ToGuid()).ExecuteAsync(cancel).ConfigureAwait(false);
                return found is not null || others > 0 || attempt > 0;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<long> ForgetAsync(DateTimeOffset before, int most, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return await database.TransactAsync(
            async (connection, _, cancel) =>
            {
                // Batches until enough routes are together.
                var gone = await connection.Command(
                    """
                    WITH old AS (SELECT number, routes, coalesce(sum(routes) OVER (ORDER BY last_at, number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS earlier FROM route_blocks WHERE last_at < $1),
                    gone AS (DELETE FROM route_blocks b USING old WHERE b.number = old.number AND old.earlier < $2 RETURNING b.routes)
                    SELECT coalesce(sum(routes), 0)::bigint FROM gone
                    """,
                    before.UtcTicks, (long)most).ScalarAsync<long>(cancel).ConfigureAwait(false);
                gone += await connection.Command("DELETE FROM route_rewards WHERE number IN (SELECT number FROM route_rewards WHERE at < $1 ORDER BY number LIMIT $2)", before.UtcTicks, (long)most).ExecuteAsync(cancel).ConfigureAwait(false);
                gone += await connection.Command("DELETE FROM route_ratings WHERE number IN (SELECT number FROM route_ratings WHERE at < $1 ORDER BY number LIMIT $2)", before.UtcTicks, (long)most).ExecuteAsync(cancel).ConfigureAwait(false);
                return gone;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<RoutePage> ListAsync(long after, int most, CancellationToken cancellationToken) => await database.RunAsync(
        async (connection, _, cancel) =>
        {
            var blocks = await connection.Command(
                """
                SELECT number, body FROM (SELECT number, body, coalesce(sum(routes) OVER (ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS earlier
                  FROM (SELECT number, body, routes FROM route_blocks WHERE number > $1 ORDER BY number LIMIT $2) f) g WHERE earlier < $2 ORDER BY number
                """,
                after, (long)most).ListAsync(static reader => (Number: reader.GetInt64(0), Body: reader.GetFieldValue<byte[]>(1)), cancel).ConfigureAwait(false);
            if (blocks.Count == 0) return new RoutePage(after, []);
            var routes = blocks.SelectMany(static b => RouteBlock.Read(b.Body)).ToArray();
            var rewards = await RewardsAsync(connection, [.. routes.Where(static r => r.Decision.IsSampled).Select(static r => RouteBlock.Id(r.Decision.Id))], cancel).ConfigureAwait(false);
            return new RoutePage(blocks[^1].Number, [.. routes.Select(r => r.Decision.IsSampled ? r.With(rewards.GetValueOrDefault(RouteBlock.Id(r.Decision.Id))) : r)]);
        },
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<RoutePage> LatestAsync(long before, int most, CancellationToken cancellationToken) => await database.RunAsync(
        async (connection, _, cancel) =>
        {
            var blocks = await connection.Command(
                """
                SELECT number, body FROM (SELECT number, body, coalesce(sum(routes) OVER (ORDER BY number DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS later
                  FROM (SELECT number, body, routes FROM route_blocks WHERE number < $1 ORDER BY number DESC LIMIT $2) f) g WHERE later < $2 ORDER BY number DESC
                """,
                before == 0 ? long.MaxValue : before, (long)most).ListAsync(static reader => (Number: reader.GetInt64(0), Body: reader.GetFieldValue<byte[]>(1)), cancel).ConfigureAwait(false);
            if (blocks.Count == 0) return new RoutePage(before, []);
            var routes = blocks.SelectMany(static b => RouteBlock.Read(b.Body).AsEnumerable().Reverse()).ToArray();
            var rewards = await RewardsAsync(connection, [.. routes.Where(static r => r.Decision.IsSampled).Select(static r => RouteBlock.Id(r.Decision.Id))], cancel).ConfigureAwait(false);
            return new RoutePage(blocks[^1].Number, [.. routes.Select(r => r.Decision.IsSampled ? r.With(rewards.GetValueOrDefault(RouteBlock.Id(r.Decision.Id))) : r)]) { Again = blocks[0].Number + 1 };
        },
        cancellationToken).ConfigureAwait(false);

    public async ValueTask RewardAsync(IReadOnlyList<RouteReward> rewards, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rewards);
        if (rewards.Count == 0) return;
        var ids = rewards.Select(static r => RouteBlock.Id(r.RouteId).ToGuid()).ToArray();
        var moments = rewards.Select(static r => r.DecidedAt.UtcTicks).ToArray();
        var bodies = rewards.Select(RewardFormat.Write).ToArray();
        await database.TransactAsync(
            async (connection, _, cancel) =>
            {
                var first = await connection.Command("UPDATE route_numbers SET rewards = rewards + $1 RETURNING rewards - $1", (long)rewards.Count).ScalarAsync<long>(cancel).ConfigureAwait(false);
                return await connection.Command(
                    """
                    INSERT INTO route_rewards(number, id, at, body) SELECT $1 + n, id, at, body FROM unnest($2::uuid[], $3::bigint[], $4::bytea[]) WITH ORDINALITY AS r(id, at, body, n)
                    ON CONFLICT (id) DO NOTHING
                    """,
                    first, ids, moments, bodies).ExecuteAsync(cancel).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<RewardPage> RewardsAsync(long after, int most, CancellationToken cancellationToken)
    {
        var rows = await database.RunAsync(
            (connection, _, cancel) => connection.Command("SELECT number, id, body FROM route_rewards WHERE number > $1 ORDER BY number LIMIT $2", after, (long)most)
                .ListAsync(static reader => (Number: reader.GetInt64(0), Reward: RewardFormat.Read(RouteId.Format(reader.GetGuid(1).ToHash()), reader.GetFieldValue<byte[]>(2))), cancel),
            cancellationToken).ConfigureAwait(false);
        return new RewardPage(rows.Count == 0 ? after : rows[^1].Number, [.. rows.Select(static r => r.Reward)]);
    }

    public async ValueTask<bool> RateAsync(StoredRating rating, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rating);
        var id = RouteBlock.Id(rating.Feedback.RouteId).ToGuid();
        return await database.TransactAsync(
            async (connection, _, cancel) =>
            {
                // One after another for a source and route: a rating is replaced by taking the earlier one out.
                await connection.Command("SELECT pg_advisory_xact_lock(hashtextextended($1, $2))", rating.Feedback.Source, (long)id.GetHashCode()).ExecuteAsync(cancel).ConfigureAwait(false);
                var replaced = await connection.Command("DELETE FROM route_ratings WHERE id = $1 AND source = $2 RETURNING at", id, rating.Feedback.Source).ListAsync(static reader => reader.GetInt64(0), cancel).ConfigureAwait(false);
                await connection.Command(
                    "INSERT INTO route_ratings(id, source, expert, rating, comment, at, held_back) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    id, rating.Feedback.Source, rating.Expert, rating.Feedback.Rating, rating.Feedback.Comment, rating.At.UtcTicks, rating.HeldBack).ExecuteAsync(cancel).ConfigureAwait(false);
                return replaced.Count > 0;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<StoredRating>> RatingsAsync(int most, CancellationToken cancellationToken) => await database.RunAsync(
        (connection, _, cancel) => connection.Command(RatingColumns + " ORDER BY number DESC LIMIT $1", (long)most).ListAsync(Rating, cancel), cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<RouteTotals>> TotalsAsync(DateOnly from, CancellationToken cancellationToken) => await database.RunAsync(
        (connection, _, cancel) => connection.Command(
            """
            SELECT day, expert, sum(routes)::bigint, sum(failed)::bigint, sum(explored)::bigint, sum(cost), sum(unknown), sum(latency), sum(output)::bigint
            FROM route_totals WHERE day >= $1 GROUP BY day, expert ORDER BY day, expert
            """,
            from.DayNumber).ListAsync(
            static reader => new RouteTotals(
                DateOnly.FromDayNumber(reader.GetInt32(0)), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetDecimal(5), reader.GetDecimal(6), reader.GetDouble(7), reader.GetInt64(8)),
            cancel),
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<RouteWriter>> WritersAsync(CancellationToken cancellationToken) => await database.RunAsync(
        (connection, _, cancel) => connection.Command("SELECT silo, accepted, written, dropped, ended, at FROM route_writers ORDER BY at, silo").ListAsync(
            static reader => new RouteWriter(FormattableString.Invariant($"o{reader.GetInt32(0)}"), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetBoolean(4), reader.Moment(5)), cancel),
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<QuarantineList> QuarantinesAsync(CancellationToken cancellationToken) =>
        await database.RunAsync((connection, _, cancel) => QuarantineRows.HeldAsync(connection, cancel), cancellationToken).ConfigureAwait(false);

    public async ValueTask<QuarantineList?> TryChangeAsync(long epoch, QuarantineChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        var token = silo.NextToken();
        return await database.TransactAsync((connection, _, cancel) => QuarantineRows.ChangeAsync(connection, epoch, change, token, database.Now, cancel), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<QuarantineChange>> QuarantineHistoryAsync(int most, CancellationToken cancellationToken) =>
        await database.RunAsync((connection, _, cancel) => QuarantineRows.HistoryAsync(connection, most, cancel), cancellationToken).ConfigureAwait(false);

    private const string RatingColumns = "SELECT id, source, expert, rating, comment, at, held_back FROM route_ratings";

    private static StoredRating Rating(NpgsqlDataReader reader) => new(
        new RouteFeedback(RouteId.Format(reader.GetGuid(0).ToHash()), reader.GetDouble(3), reader.GetString(1), reader.TextOrNull(4)), reader.GetString(2), reader.Moment(5), reader.TextOrNull(6));

    private static async Task<Dictionary<Hash128, RouteReward>> RewardsAsync(NpgsqlConnection connection, Hash128[] ids, CancellationToken cancellationToken)
    {
        if (ids.Length == 0) return [];
        var rows = await connection.Command("SELECT id, body FROM route_rewards WHERE id = ANY($1)", ids.Select(static id => id.ToGuid()).ToArray())
            .ListAsync(static reader => (Id: reader.GetGuid(0).ToHash(), Body: reader.GetFieldValue<byte[]>(1)), cancellationToken).ConfigureAwait(false);
        return rows.ToDictionary(static r => r.Id, static r => RewardFormat.Read(RouteId.Format(r.Id), r.Body));
    }

    /// <summary>Keys are looked through by the server, a text search for eight bytes; where they are found across two keys the place is none, and the batch is passed over.</summary>
    private static async Task<(long Number, RouteRecord Route)?> LocateAsync(NpgsqlConnection connection, Hash128 id, CancellationToken cancellationToken)
    {
        var key = RouteBlock.KeyBytes(id);
        var numbers = await connection.Command("SELECT number FROM route_blocks WHERE position($1 IN keys) > 0 ORDER BY number DESC", key).ListAsync(static reader => reader.GetInt64(0), cancellationToken).ConfigureAwait(false);
        foreach (var number in numbers)
        {
            var rows = await connection.Command("SELECT keys, body FROM route_blocks WHERE number = $1", number)
                .ListAsync(static reader => (Keys: reader.GetFieldValue<byte[]>(0), Body: reader.GetFieldValue<byte[]>(1)), cancellationToken).ConfigureAwait(false);
            if (rows.Count == 0 || RouteBlock.Find(rows[0].Keys, id) is var place && place < 0) continue;
            if (RouteBlock.Read(rows[0].Body, place, id) is { } route) return (number, route);
        }

        return null;
    }
}
