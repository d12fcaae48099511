using Orchestration.Core;
using Orchestration.Core.Routing;

namespace Orchestration.Storage.Sqlite.Routing;

/// <summary>Ratings of routes, one for each source and route.</summary>
internal static class RatingRows
{
    public static bool Write(Connection connection, Hash128 id, StoredRating rating)
    {
        bool isReplaced;
        using (var delete = connection.Use("DELETE FROM route_ratings WHERE id = ?1 AND source = ?2"))
        {
            delete.Bind(1, id.ToArray().AsSpan()).Bind(2, rating.Feedback.Source).Step();
            isReplaced = connection.Changes > 0;
        }

        using var insert = connection.Use("INSERT INTO route_ratings(id, source, expert, rating, comment, at, held_back) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        insert.Bind(1, id.ToArray().AsSpan()).Bind(2, rating.Feedback.Source).Bind(3, rating.Expert).Bind(4, rating.Feedback.Rating).Bind(5, rating.Feedback.Comment)
            .Bind(6, rating.At.UtcTicks).Bind(7, rating.HeldBack).Step();
        return isReplaced;
    }

    public static IReadOnlyList<StoredRating> Latest(Connection connection, int most)
    {
        List<StoredRating> ratings = [];
        using var select = connection.Use("SELECT id, source, expert, rating, comment, at, held_back FROM route_ratings ORDER BY number DESC LIMIT ?1");
        select.Bind(1, most);
        while (select.Step()) ratings.Add(Read(select));
        return ratings;
    }

    public static IReadOnlyList<RouteFeedback> Of(Connection connection, Hash128 id)
    {
        List<RouteFeedback> ratings = [];
        using var select = connection.Use("SELECT id, source, expert, rating, comment, at, held_back FROM route_ratings WHERE id = ?1 ORDER BY number");
        select.Bind(1, id.ToArray().AsSpan());
        while (select.Step()) ratings.Add(Read(select).Feedback);
        return ratings;
    }

    private static StoredRating Read(Statement select) => new(
        new RouteFeedback(RouteId.Format(Hash128.FromBytes(select.Bytes(0))), select.Double(3), select.Text(1), select.TextOrNull(4)),
        select.Text(2), new DateTimeOffset(select.Int64(5), TimeSpan.Zero), select.TextOrNull(6));
}
