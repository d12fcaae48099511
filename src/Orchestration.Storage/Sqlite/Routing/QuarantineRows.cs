using Orchestration.Core.Routing;

namespace Orchestration.Storage.Sqlite.Routing;

/// <summary>Changes of the list of quarantines; the list is what the last change of each says, and its epoch is their number.</summary>
internal static class QuarantineRows
{
    private const string Columns = "SELECT kind, name, held, reason, asked_by, at FROM quarantine_changes";

    public static QuarantineList Held(Connection connection)
    {
        List<QuarantineChange> held = [];
        using (var select = connection.Use(Columns + " c WHERE held = 1 AND number = (SELECT max(number) FROM quarantine_changes l WHERE l.kind = c.kind AND l.name = c.name) ORDER BY kind, name"))
        {
            while (select.Step()) held.Add(Read(select));
        }

        return new QuarantineList(connection.Number("SELECT max(number) FROM quarantine_changes") ?? 0, held);
    }

    public static QuarantineList? Change(Connection connection, long epoch, QuarantineChange change, DateTimeOffset at)
    {
        if ((connection.Number("SELECT max(number) FROM quarantine_changes") ?? 0) != epoch) return null;
        using (var insert = connection.Use("INSERT INTO quarantine_changes(number, kind, name, held, reason, asked_by, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"))
        {
            insert.Bind(1, epoch + 1).Bind(2, (long)change.Kind).Bind(3, change.Name).Bind(4, change.IsHeld ? 1 : 0).Bind(5, change.Reason).Bind(6, change.By).Bind(7, at.UtcTicks).Step();
        }

        return Held(connection);
    }

    public static IReadOnlyList<QuarantineChange> History(Connection connection, int most)
    {
        List<QuarantineChange> changes = [];
        using var select = connection.Use(Columns + " ORDER BY number DESC LIMIT ?1");
        select.Bind(1, most);
        while (select.Step()) changes.Add(Read(select));
        return changes;
    }

    private static QuarantineChange Read(Statement select) => new(
        (QuarantineKind)select.Int32(0), select.Text(1), select.Int64(2) != 0, select.Text(3), select.Text(4), new DateTimeOffset(select.Int64(5), TimeSpan.Zero));
}
