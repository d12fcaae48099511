using Orchestration.Core;
using Orchestration.Core.Routing;
using Orchestration.Storage.Formats;

namespace Orchestration.Storage.Sqlite.Routing;

/// <summary>
/// Routed traffic in the store's file: a row for each batch of routes, which holds their keys before their body, so that looking for one reads keys alone. Rewards and ratings, of which there are fewer by
/// far, have a row each. Numbers are taken in the transaction that writes, of which there is one at a time: the feed shows commits in their order.
/// </summary>
internal sealed class SqliteRouterLedger(GroupCommitWriter writer, ReadConnections reads, OwnerLocks owners, TimeProvider time) : IRouterLedger
{
    public async ValueTask AppendAsync(RouteBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var (keys, body) = RouteBlock.Write(batch.Routes);
        var totals = RouteTotals.Of(batch.Routes);

        // A loss of power may take the last moments of the log with it, as a kill takes what waits: no commit waits for the disk.
        await writer.RunAsync(connection => Append(connection, batch, keys, body.Written, totals), cancellationToken, mayBeLost: !batch.IsLast).ConfigureAwait(false);

        // Given back only where the write is known to have ended: after a cancellation it may still be read.
        body.Return();
    }

    public async ValueTask<RouteRecord?> FindAsync(string routeId, CancellationToken cancellationToken)
    {
        if (!RouteId.TryParse(routeId, out var id)) return null;
        return await reads.RunAsync(
            connection => Locate(connection, id) is { } found ? found.Route.With(Reward(connection, id)) with { Feedback = RatingRows.Of(connection, id) } : null, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> DeleteAsync(string routeId, CancellationToken cancellationToken)
    {
        if (!RouteId.TryParse(routeId, out var id)) return false;
        return await writer.RunAsync(connection => Delete(connection, id), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<long> ForgetAsync(DateTimeOffset before, int most, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return await writer.RunAsync(connection => Forget(connection, before.UtcTicks, most), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<RoutePage> ListAsync(long after, int most, CancellationToken cancellationToken) => await reads.RunAsync(
        connection =>
        {
            List<RouteRecord> routes = [];
            using (var select = connection.Use("SELECT number, body FROM route_blocks WHERE number > ?1 ORDER BY number"))
            {
                select.Bind(1, after);
                while (routes.Count < most && select.Step())
                {
                    after = select.Int64(0);
                    routes.AddRange(RouteBlock.Read(select.Bytes(1)));
                }
            }

            return new RoutePage(after, [.. routes.Select(r => r.Decision.IsSampled ? r.With(Reward(connection, RouteBlock.Id(r.Decision.Id))) : r)]);
        },
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<RoutePage> LatestAsync(long before, int most, CancellationToken cancellationToken) => await reads.RunAsync(
        connection =>
        {
            List<RouteRecord> routes = [];
            long again = 0;
            using (var select = connection.Use("SELECT number, body FROM route_blocks WHERE number < ?1 ORDER BY number DESC"))
            {
                select.Bind(1, before == 0 ? long.MaxValue : before);
                while (routes.Count < most && select.Step())
                {
                    before = select.Int64(0);
                    if (again == 0) again = before + 1;
                    routes.AddRange(RouteBlock.Read(select.Bytes(1)).AsEnumerable().Reverse());
                }
            }

            return new RoutePage(before, [.. routes.Select(r => r.Decision.IsSampled ? r.With(Reward(connection, RouteBlock.Id(r.Decision.Id))) : r)]) { Again = again };
        },
        cancellationToken).ConfigureAwait(false);

    public async ValueTask RewardAsync(IReadOnlyList<RouteReward> rewards, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rewards);
        var rows = rewards.Select(static r => (Id: RouteBlock.Id(r.RouteId).ToArray(), At: r.DecidedAt.UtcTicks, Body: RewardFormat.Write(r))).ToArray();
        await writer.RunAsync(
            connection =>
            {
                using var insert = connection.Use("INSERT INTO route_rewards(id, at, body) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING");
                foreach (var row in rows) insert.Bind(1, row.Id.AsSpan()).Bind(2, row.At).Bind(3, row.Body.AsSpan()).RunOnce();
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<RewardPage> RewardsAsync(long after, int most, CancellationToken cancellationToken) => await reads.RunAsync(
        connection =>
        {
            List<RouteReward> rewards = [];
            using var select = connection.Use("SELECT number, id, body FROM route_rewards WHERE number > ?1 ORDER BY number LIMIT ?2");
            select.Bind(1, after).Bind(2, most);
            while (select.Step())
            {
                after = select.Int64(0);
                rewards.Add(RewardFormat.Read(RouteId.Format(Hash128.FromBytes(select.Bytes(1))), select.Bytes(2)));
            }

            return new RewardPage(after, rewards);
        },
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<bool> RateAsync(StoredRating rating, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rating);
        var id = RouteBlock.Id(rating.Feedback.RouteId);
        return await writer.RunAsync(connection => RatingRows.Write(connection, id, rating), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<StoredRating>> RatingsAsync(int most, CancellationToken cancellationToken) =>
        await reads.RunAsync(connection => RatingRows.Latest(connection, most), cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<RouteTotals>> TotalsAsync(DateOnly from, CancellationToken cancellationToken) => await reads.RunAsync<IReadOnlyList<RouteTotals>>(
        connection =>
        {
            List<RouteTotals> totals = [];
            using var select = connection.Use("SELECT day, expert, routes, failed, explored, cost, unknown, latency, output FROM route_totals WHERE day >= ?1 ORDER BY day, expert");
            select.Bind(1, from.DayNumber);
            while (select.Step())
            {
                totals.Add(new RouteTotals(
                    DateOnly.FromDayNumber(select.Int32(0)), select.Text(1), select.Int64(2), select.Int64(3), select.Int64(4), select.Decimal(5), select.Decimal(6), select.Double(7), select.Int64(8)));
            }

            return totals;
        },
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<RouteWriter>> WritersAsync(CancellationToken cancellationToken) => await reads.RunAsync<IReadOnlyList<RouteWriter>>(
        connection =>
        {
            List<RouteWriter> writers = [];
            using var select = connection.Use("SELECT owner, accepted, written, dropped, ended, at FROM route_writers ORDER BY at, owner");
            while (select.Step())
                writers.Add(new RouteWriter(select.Text(0), select.Int64(1), select.Int64(2), select.Int64(3), select.Int64(4) != 0, new DateTimeOffset(select.Int64(5), TimeSpan.Zero)));
            return writers;
        },
        cancellationToken).ConfigureAwait(false);

    public async ValueTask<QuarantineList> QuarantinesAsync(CancellationToken cancellationToken) => await reads.RunAsync(QuarantineRows.Held, cancellationToken).ConfigureAwait(false);

    public async ValueTask<QuarantineList?> TryChangeAsync(long epoch, QuarantineChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        return await writer.RunAsync(connection => QuarantineRows.Change(connection, epoch, change, time.GetUtcNow()), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<QuarantineChange>> QuarantineHistoryAsync(int most, CancellationToken cancellationToken) =>
        await reads.RunAsync(connection => QuarantineRows.History(connection, most), cancellationToken).ConfigureAwait(false);

    private bool Append(Connection connection, RouteBatch batch, ReadOnlySpan<byte> keys, ReadOnlySpan<byte> body, IReadOnlyList<RouteTotals> totals)
    {
        using (var known = connection.Use("SELECT batch FROM route_writers WHERE owner = ?1"))
        {
            if (known.Bind(1, owners.Owner).Step() && known.Int64(0) >= batch.Number) return false;
        }

        if (batch.Routes.Count > 0)
        {
            using var insert = connection.Use("INSERT INTO route_blocks(last_at, routes, keys, body) VALUES (?1, ?2, ?3, ?4)");
            insert.Bind(1, batch.Routes.Max(static r => r.Decision.At).UtcTicks).Bind(2, batch.Routes.Count).Bind(3, keys).Bind(4, body).Step();
        }

        foreach (var total in totals) Add(connection, total);
        using var upsert = connection.Use(
            """
            INSERT INTO route_writers(owner, batch, accepted, written, dropped, ended, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (owner) DO UPDATE SET batch = excluded.batch, accepted = excluded.accepted, written = written + excluded.written, dropped = excluded.dropped, ended = excluded.ended, at = excluded.at
            """);
        return upsert.Bind(1, owners.Owner).Bind(2, batch.Number).Bind(3, batch.Accepted).Bind(4, batch.Routes.Count).Bind(5, batch.Dropped).Bind(6, batch.IsLast ? 1 : 0)
            .Bind(7, time.GetUtcNow().UtcTicks).Step();
    }

    // Money is decimal text, which the engine cannot add.
    private static void Add(Connection connection, RouteTotals total)
    {
        using (var select = connection.Use("SELECT routes, failed, explored, cost, unknown, latency, output FROM route_totals WHERE day = ?1 AND expert = ?2"))
        {
            if (select.Bind(1, total.Day.DayNumber).Bind(2, total.Expert).Step())
            {
                total = new RouteTotals(
                    total.Day, total.Expert, select.Int64(0), select.Int64(1), select.Int64(2), select.Decimal(3), select.Decimal(4), select.Double(5), select.Int64(6)).Plus(total);
            }
        }

        using var upsert = connection.Use("INSERT OR REPLACE INTO route_totals(day, expert, routes, failed, explored, cost, unknown, latency, output) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
        upsert.Bind(1, total.Day.DayNumber).Bind(2, total.Expert).Bind(3, total.Routes).Bind(4, total.Failed).Bind(5, total.Explored).Bind(6, total.CostUsd).Bind(7, total.UnknownUsd)
            .Bind(8, total.LatencySeconds).Bind(9, total.OutputTokens).Step();
    }

    private static void Replace(Connection connection, long number, ReadOnlySpan<byte> keys, ReadOnlySpan<byte> body)
    {
        if (keys.IsEmpty)
        {
            using var delete = connection.Use("DELETE FROM route_blocks WHERE number = ?1");
            delete.Bind(1, number).Step();
        }
        else
        {
            using var update = connection.Use("UPDATE route_blocks SET routes = ?2, keys = ?3, body = ?4 WHERE number = ?1");
            update.Bind(1, number).Bind(2, keys.Length / 8).Bind(3, keys).Bind(4, body).Step();
        }
    }

    private static (long Number, RouteRecord Route)? Locate(Connection connection, Hash128 id)
    {
        using var select = connection.Use("SELECT number, keys FROM route_blocks ORDER BY number DESC");
        while (select.Step())
        {
            var place = RouteBlock.Find(select.Bytes(1), id);
            if (place < 0) continue;
            var number = select.Int64(0);
            using var body = connection.Use("SELECT body FROM route_blocks WHERE number = ?1");
            if (body.Bind(1, number).Step() && RouteBlock.Read(body.Bytes(0), place, id) is { } route) return (number, route);
        }

        return null;
    }

    private static RouteReward? Reward(Connection connection, Hash128 id)
    {
        using var select = connection.Use("SELECT body FROM route_rewards WHERE id = ?1");
        return select.Bind(1, id.ToArray().AsSpan()).Step() ? RewardFormat.Read(RouteId.Format(id), select.Bytes(0)) : null;
    }

    private static bool Delete(Connection connection, Hash128 id)
    {
        // What was kept is written over, not only let go of.
        connection.Run("PRAGMA secure_delete = ON");
        try
        {
            var found = Locate(connection, id);
            if (found is { } at)
            {
                byte[] keys;
                ByteWriter body;
                using (var select = connection.Use("SELECT body FROM route_blocks WHERE number = ?1"))
                {
                    select.Bind(1, at.Number).Step();
                    (keys, body) = RouteBlock.Without(select.Bytes(0), id);
                }

                Replace(connection, at.Number, keys, body.Written);
                body.Return();
            }

            var others = 0;
            foreach (var table in (ReadOnlySpan<string>)["route_rewards", "route_ratings"])
            {
                using var delete = connection.Use($"DELETE FROM {table} WHERE id = ?1");
                delete.Bind(1, id.ToArray().AsSpan()).Step();
                others += connection.Changes;
            }

            return found is not null || others > 0;
        }
        finally
        {
            connection.Run("PRAGMA secure_delete = OFF");
        }
    }

    private static long Forget(Connection connection, long before, int most)
    {
        long gone = 0;
        List<long> blocks = [];
        using (var select = connection.Use("SELECT number, routes FROM route_blocks WHERE last_at < ?1 ORDER BY last_at"))
        {
            select.Bind(1, before);
            while (gone < most && select.Step())
            {
                blocks.Add(select.Int64(0));
                gone += select.Int64(1);
            }
        }

        using (var delete = connection.Use("DELETE FROM route_blocks WHERE number = ?1"))
        {
            foreach (var block in blocks) delete.Bind(1, block).RunOnce();
        }

        foreach (var table in (ReadOnlySpan<string>)["route_rewards", "route_ratings"])
        {
            using var delete = connection.Use($"DELETE FROM {table} WHERE number IN (SELECT number FROM {table} WHERE at < ?1 ORDER BY number LIMIT ?2)");
            delete.Bind(1, before).Bind(2, most).Step();
            gone += connection.Changes;
        }

        return gone;
    }
}
