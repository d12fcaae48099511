using Orchestration.Storage.Formats;
using Orchestration.Core;
using Orchestration.Core.Judging;

namespace Orchestration.Storage.Sqlite.Judgments;

/// <summary>
/// Judgments on two levels: new ones in a journal, one row a commit, mirrored in memory; folded ones in one row a pair. A row a judgment with a random
/// key would touch a page a judgment, and slow down as the store grows.
/// </summary>
internal sealed class SqliteJudgmentStore(GroupCommitWriter writer, JournalWriter journal, JournalCache cache, ReadConnections reads) : IJudgmentStore
{
    /// <summary>Addresses between two looks at the cancellation token.</summary>
    private const int AddressesPerCheck = 1024;

    public async ValueTask<IReadOnlyList<IReadOnlyList<double>?>> GetAsync(IReadOnlyList<JudgmentAddress> addresses, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        if (addresses.Count == 0) return [];
        return await reads.RunAsync(connection => Get(connection, addresses, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<StoredJudgment?> FindAsync(JudgmentAddress address, CancellationToken cancellationToken) =>
        await reads.RunAsync(connection => Find(connection, address), cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<IReadOnlyList<double>>> PutAsync(IReadOnlyList<StoredJudgment> judgments, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(judgments);
        if (judgments.Count == 0) return [];
        return await writer.RunAsync(new PutOperation(journal, judgments), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<long> CountAsync(CancellationToken cancellationToken) =>
        await reads.RunAsync(connection => Index(connection).Count + (connection.Number("SELECT folded FROM store") ?? 0), cancellationToken).ConfigureAwait(false);

    private IReadOnlyList<double>?[] Get(Connection connection, IReadOnlyList<JudgmentAddress> addresses, CancellationToken cancellationToken)
    {
        var index = Index(connection);
        var cursor = new PairCursor(connection);
        var results = new IReadOnlyList<double>?[addresses.Count];
        JournalEntry? chain = null;
        Hash128 pair = default;
        for (var i = 0; i < results.Length; i++)
        {
            if (i % AddressesPerCheck == 0) cancellationToken.ThrowIfCancellationRequested();
            var address = addresses[i];
            if (i == 0 || address.Pair != pair)
            {
                pair = address.Pair;
                chain = index.Chain(pair);
            }

            if (chain is not null && JournalEntry.Find(chain, address.Judge, address.Repeat) is { } entry) results[i] = entry.Values;
            else if (cursor.TryFind(pair, address.Judge, address.Repeat, out var stored)) results[i] = stored.Values;
        }

        cursor.Release();
        return results;
    }

    private StoredJudgment? Find(Connection connection, JudgmentAddress address)
    {
        while (JournalEntry.Find(Index(connection).Chain(address.Pair), address.Judge, address.Repeat) is { } entry)
        {
            if (ReadJournal(connection, entry) is { } detail) return new StoredJudgment { Address = address, Values = entry.Values, Detail = detail };

            // The index is shared and may hold a row that is newer than this transaction's snapshot.
            BeginAgain(connection);
        }

        var cursor = new PairCursor(connection);
        var isStored = cursor.TryFind(address.Pair, address.Judge, address.Repeat, out var stored);
        cursor.Release();
        return isStored
            ? new StoredJudgment { Address = address, Values = stored.Values, Detail = DetailChunks.Read(connection, stored.DetailRow, stored.DetailAt) }
            : null;
    }

    private static JudgmentDetail? ReadJournal(Connection connection, JournalEntry entry)
    {
        using var select = connection.Use("SELECT entries FROM journal WHERE seq = ?1");
        select.Bind(1, entry.Row);
        if (!select.Step()) return null;
        var reader = new ByteReader(select.Bytes(0)) { Position = entry.DetailAt };
        return DetailFormat.Read(ref reader);
    }

    private JournalIndex Index(Connection connection)
    {
        JournalIndex? index;
        while ((index = cache.TryFor(connection)) is null) BeginAgain(connection);
        return index;
    }

    private static void BeginAgain(Connection connection)
    {
        connection.Run("COMMIT");
        connection.Run("BEGIN");
    }
}
