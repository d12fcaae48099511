using Npgsql;
using Orchestration.Core.Judging;
using Orchestration.Storage.Postgres.Spool;

namespace Orchestration.Storage.Postgres.Judgments;

/// <summary>What a caller wants of a claim.</summary>
internal enum ClaimWish
{
    Claim,
    Renew,
    Release,
}

/// <summary>One caller's wish.</summary>
internal readonly record struct ClaimStep(ClaimWish Wish, JudgmentAddress Address, string? Payer, long Token, TimeSpan Lease);

/// <summary>
/// Claims, as durable as judgments: a call starts when its claim is on the disk, so that one whose outcome was lost is known and counted, also after a crash of the
/// server. A judgment that is stored takes its claim with it (<see cref="PostgresJudgmentStore"/>), so a claim costs a row written and a row removed, in groups.
/// </summary>
internal sealed class PostgresJudgmentClaims(SiloPresence silo, GroupCommit<ClaimStep, JudgmentClaim> writer, ClaimedRoom room) : IJudgmentClaims
{
    public async ValueTask<JudgmentClaim> ClaimAsync(JudgmentAddress address, string? payer, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        cancellationToken.ThrowIfCancellationRequested();

        // No call starts whose judgment would have no place to wait in.
        if (!room.TryTake(address)) return new JudgmentClaim(address, ClaimState.Held, 0, null);
        var isGranted = false;
        try
        {
            var claim = await writer.RunAsync(new ClaimStep(ClaimWish.Claim, address, payer, silo.NextToken(), lease), cancellationToken).ConfigureAwait(false);
            isGranted = claim.IsGranted;
            return claim;
        }
        finally
        {
            if (!isGranted) room.GiveBack(address);
        }
    }

    public async ValueTask<bool> RenewAsync(JudgmentClaim claim, TimeSpan lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(claim);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        return (await writer.RunAsync(new ClaimStep(ClaimWish.Renew, claim.Address, null, claim.Token, lease), cancellationToken).ConfigureAwait(false)).IsGranted;
    }

    public async ValueTask ReleaseAsync(JudgmentClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        room.GiveBack(claim.Address);
        if (claim.IsGranted) await writer.RunAsync(new ClaimStep(ClaimWish.Release, claim.Address, null, claim.Token, TimeSpan.Zero), CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Does what several callers handed in, in one transaction; one without a new claim need not reach the disk.</summary>
    public static async Task<IReadOnlyList<JudgmentClaim>> CommitAsync(Database database, SiloPresence silo, IReadOnlyList<ClaimStep> steps, CancellationToken cancellationToken)
    {
        // One statement writes an address once: of several wishes for one the later ones go with the next group's rules.
        var results = new JudgmentClaim[steps.Count];
        var rest = Enumerable.Range(0, steps.Count).OrderBy(i => steps[i].Address, AddressOrder.Instance).ThenBy(static i => i).ToList();
        while (rest.Count > 0)
        {
            HashSet<JudgmentAddress> seen = [];
            var now = rest.Where(i => seen.Add(steps[i].Address)).ToList();
            var done = await database.TransactAsync((connection, _, cancel) => RunAsync(connection, database, silo, [.. now.Select(i => steps[i])], cancel), cancellationToken, mayBeLost: steps.All(static step => step.Wish != ClaimWish.Claim)).ConfigureAwait(false);
            for (var i = 0; i < now.Count; i++) results[now[i]] = done[i];
            rest = [.. rest.Except(now)];
        }

        return results;
    }

    private static async Task<JudgmentClaim[]> RunAsync(NpgsqlConnection connection, Database database, SiloPresence silo, ClaimStep[] steps, CancellationToken cancellationToken)
    {
        var results = steps.Select(static step => new JudgmentClaim(step.Address, ClaimState.Held, 0, null)).ToArray();
        await using var batch = new NpgsqlBatch(connection);
        var claims = Places(steps, ClaimWish.Claim);
        var renewals = Places(steps, ClaimWish.Renew);
        var releases = Places(steps, ClaimWish.Release);
        if (claims.Length > 0)
        {
            var (pairs, judges, repeats, tokens, leases) = Columns(steps, claims);
            batch.Add(
                """
                WITH given AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::bigint[], $5::bigint[]) AS g(pair, judge, repeat, token, lease)),
                time AS MATERIALIZED (SELECT clock_ticks($7::bigint) AS now),
                others AS MATERIALIZED (SELECT DISTINCT c.silo FROM claims c JOIN given g USING (pair, judge, repeat) WHERE c.silo <> $6),
                dead AS MATERIALIZED (SELECT silo FROM others, time WHERE is_dead(others.silo, time.now, $8))
                INSERT INTO claims AS c(pair, judge, repeat, silo, token, until, taken)
                SELECT g.pair, g.judge, g.repeat, $6, g.token, time.now + g.lease, false FROM given g, time ORDER BY g.pair, g.judge, g.repeat
                ON CONFLICT (pair, judge, repeat) DO UPDATE SET silo = excluded.silo, token = excluded.token, until = excluded.until, taken = c.silo <> excluded.silo
                WHERE c.silo = excluded.silo OR c.until <= (SELECT now FROM time) OR c.silo IN (SELECT silo FROM dead)
                RETURNING c.token, c.taken
                """,
                pairs, judges, repeats, tokens, leases, silo.Number, database.Now, silo.Grace);

            // A statement of its own: whoever stored the judgment before the claim was made is seen by it.
            batch.Add(
                """
                SELECT g.n, j.vals FROM unnest($1::uuid[], $2::uuid[], $3::int[]) WITH ORDINALITY AS g(pair, judge, repeat, n)
                JOIN judgments j ON j.pair = g.pair AND j.judge = g.judge AND j.repeat = g.repeat
                """,
                pairs, judges, repeats);
        }

        if (renewals.Length > 0)
        {
            var (pairs, judges, repeats, tokens, leases) = Columns(steps, renewals);
            batch.Add(
                """
                UPDATE claims c SET until = clock_ticks($6::bigint) + g.lease
                FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::bigint[], $5::bigint[]) AS g(pair, judge, repeat, token, lease)
                WHERE c.pair = g.pair AND c.judge = g.judge AND c.repeat = g.repeat AND c.token = g.token RETURNING c.token
                """,
                pairs, judges, repeats, tokens, leases, database.Now);
        }

        if (releases.Length > 0)
        {
            var (pairs, judges, repeats, tokens, _) = Columns(steps, releases);
            batch.Add(
                """
                DELETE FROM claims c USING unnest($1::uuid[], $2::uuid[], $3::int[], $4::bigint[]) AS g(pair, judge, repeat, token)
                WHERE c.pair = g.pair AND c.judge = g.judge AND c.repeat = g.repeat AND c.token = g.token
                """,
                pairs, judges, repeats, tokens);
        }

        List<int> stored = [];
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            if (claims.Length > 0)
            {
                var byToken = claims.ToDictionary(i => steps[i].Token);
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    var i = byToken[reader.GetInt64(0)];
                    results[i] = results[i] with { State = reader.GetBoolean(1) ? ClaimState.TakenOver : ClaimState.Granted, Token = steps[i].Token };
                }

                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    var i = claims[reader.GetInt64(0) - 1];
                    if (results[i].IsGranted) stored.Add(i);
                    results[i] = results[i] with { State = ClaimState.Stored, Token = 0, Values = PostgresJudgmentStore.ValuesOf(reader.GetFieldValue<byte[]>(1)) };
                }

                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            }

            if (renewals.Length > 0)
            {
                var byToken = renewals.ToDictionary(i => steps[i].Token);
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    var i = byToken[reader.GetInt64(0)];
                    results[i] = results[i] with { State = ClaimState.Granted, Token = steps[i].Token };
                }
            }
        }

        // Claimed for nothing.
        if (stored.Count > 0)
        {
            await connection.Command("DELETE FROM claims WHERE token = ANY($1) AND silo = $2", stored.Select(i => steps[i].Token).ToArray(), silo.Number).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }

        var taken = Enumerable.Range(0, steps.Length).Where(i => results[i].State == ClaimState.TakenOver && steps[i].Payer is not null).Select(i => steps[i].Payer!).CountBy(static payer => payer, StringComparer.Ordinal)
            .OrderBy(static count => count.Key, StringComparer.Ordinal).ToArray();
        if (taken.Length > 0)
        {
            await connection.Command(
                "INSERT INTO repaid AS r SELECT * FROM unnest($1::text[], $2::bigint[]) ON CONFLICT (payer) DO UPDATE SET calls = r.calls + excluded.calls",
                taken.Select(static count => count.Key).ToArray(), taken.Select(static count => (long)count.Value).ToArray()).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }

        return results;
    }

    private static int[] Places(ClaimStep[] steps, ClaimWish wish) => [.. Enumerable.Range(0, steps.Length).Where(i => steps[i].Wish == wish)];

    private static (Guid[] Pairs, Guid[] Judges, int[] Repeats, long[] Tokens, long[] Leases) Columns(ClaimStep[] steps, int[] places) => (
        [.. places.Select(i => steps[i].Address.Pair.ToGuid())], [.. places.Select(i => steps[i].Address.Judge.ToGuid())], [.. places.Select(i => steps[i].Address.Repeat)],
        [.. places.Select(i => steps[i].Token)], [.. places.Select(i => steps[i].Lease.Ticks)]);
}
