using Orchestration.Core.Routing;

namespace Orchestration.Simulation.InMemory;

/// <summary>Routed traffic as rows of memory.</summary>
internal sealed class RoutingRows
{
    public SortedDictionary<long, List<RouteRecord>> Blocks { get; } = [];

    public SortedDictionary<long, RouteReward> Rewards { get; } = [];

    public SortedDictionary<long, StoredRating> Ratings { get; } = [];

    public SortedDictionary<(DateOnly Day, string Expert), RouteTotals> Totals { get; } = new(Comparer<(DateOnly Day, string Expert)>.Create(
        static (a, b) => a.Day != b.Day ? a.Day.CompareTo(b.Day) : string.CompareOrdinal(a.Expert, b.Expert)));

    public Dictionary<string, (long Batch, RouteWriter Writer)> Writers { get; } = new(StringComparer.Ordinal);

    public List<QuarantineChange> Changes { get; } = [];

    public long Numbers { get; set; }

    public QuarantineList Held() => new(
        Changes.Count,
        [.. Changes.GroupBy(static c => (c.Kind, c.Name)).Select(static g => g.Last()).Where(static c => c.IsHeld).OrderBy(static c => c.Kind).ThenBy(static c => c.Name, StringComparer.Ordinal)]);

    public RouteReward? Reward(string id) => Rewards.Values.FirstOrDefault(r => r.RouteId == id);
}

/// <inheritdoc/>
internal sealed class InMemoryRouterLedger(InMemoryOwner owner) : IRouterLedger
{
    public async ValueTask AppendAsync(RouteBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        await owner.StepAsync(
            data =>
            {
                var rows = data.Routing;
                var known = rows.Writers.GetValueOrDefault(owner.Owner);
                if (known.Batch >= batch.Number) return false;
                if (batch.Routes.Count > 0) rows.Blocks[++rows.Numbers] = [.. batch.Routes];
                foreach (var total in RouteTotals.Of(batch.Routes))
                    rows.Totals[(total.Day, total.Expert)] = rows.Totals.TryGetValue((total.Day, total.Expert), out var before) ? before.Plus(total) : total;
                rows.Writers[owner.Owner] = (batch.Number, new RouteWriter(owner.Owner, batch.Accepted, (known.Writer?.Written ?? 0) + batch.Routes.Count, batch.Dropped, batch.IsLast, data.Time.GetUtcNow()));
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<RouteRecord?> FindAsync(string routeId, CancellationToken cancellationToken) => owner.StepAsync(
        data => data.Routing.Blocks.Values.SelectMany(static b => b).FirstOrDefault(r => r.Decision.Id == routeId) is not { } found
            ? null
            : found.With(data.Routing.Reward(routeId)) with { Feedback = [.. data.Routing.Ratings.Values.Where(r => r.Feedback.RouteId == routeId).Select(static r => r.Feedback)] },
        cancellationToken);

    public ValueTask<bool> DeleteAsync(string routeId, CancellationToken cancellationToken) => owner.StepAsync(
        data =>
        {
            var rows = data.Routing;
            var gone = 0;
            foreach (var (number, routes) in rows.Blocks.ToArray())
            {
                gone += routes.RemoveAll(r => r.Decision.Id == routeId);
                if (routes.Count == 0) rows.Blocks.Remove(number);
            }

            foreach (var (number, _) in rows.Rewards.Where(r => r.Value.RouteId == routeId).ToArray()) gone += rows.Rewards.Remove(number) ? 1 : 0;
            foreach (var (number, _) in rows.Ratings.Where(r => r.Value.Feedback.RouteId == routeId).ToArray()) gone += rows.Ratings.Remove(number) ? 1 : 0;
            return gone > 0;
        },
        cancellationToken);

    public ValueTask<long> ForgetAsync(DateTimeOffset before, int most, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return owner.StepAsync(
            data =>
            {
                var rows = data.Routing;
                long gone = 0;
                foreach (var (number, routes) in rows.Blocks.Where(b => b.Value.Max(static r => r.Decision.At) < before).OrderBy(static b => b.Value.Max(static r => r.Decision.At)).ToArray())
                {
                    if (gone >= most) break;
                    gone += routes.Count;
                    rows.Blocks.Remove(number);
                }

                foreach (var (number, _) in rows.Rewards.Where(r => r.Value.DecidedAt < before).Take(most).ToArray()) gone += rows.Rewards.Remove(number) ? 1 : 0;
                foreach (var (number, _) in rows.Ratings.Where(r => r.Value.At < before).Take(most).ToArray()) gone += rows.Ratings.Remove(number) ? 1 : 0;
                return gone;
            },
            cancellationToken);
    }

    public ValueTask<RoutePage> ListAsync(long after, int most, CancellationToken cancellationToken) => owner.StepAsync(
        data =>
        {
            List<RouteRecord> routes = [];
            foreach (var (number, block) in data.Routing.Blocks)
            {
                if (number <= after) continue;
                if (routes.Count >= most) break;
                after = number;
                routes.AddRange(block.Select(r => r.With(data.Routing.Reward(r.Decision.Id))));
            }

            return new RoutePage(after, routes);
        },
        cancellationToken);

    public ValueTask<RoutePage> LatestAsync(long before, int most, CancellationToken cancellationToken) => owner.StepAsync(
        data =>
        {
            List<RouteRecord> routes = [];
            long again = 0;
            foreach (var (number, block) in data.Routing.Blocks.Reverse())
            {
                if (before != 0 && number >= before) continue;
                if (routes.Count >= most) break;
                before = number;
                if (again == 0) again = number + 1;
                routes.AddRange(block.AsEnumerable().Reverse().Select(r => r.With(data.Routing.Reward(r.Decision.Id))));
            }

            return new RoutePage(before, routes) { Again = again };
        },
        cancellationToken);

    public async ValueTask RewardAsync(IReadOnlyList<RouteReward> rewards, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rewards);
        await owner.StepAsync(
            data =>
            {
                foreach (var reward in rewards)
                {
                    if (data.Routing.Reward(reward.RouteId) is null) data.Routing.Rewards[++data.Routing.Numbers] = reward;
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<RewardPage> RewardsAsync(long after, int most, CancellationToken cancellationToken) => owner.StepAsync(
        data =>
        {
            var page = data.Routing.Rewards.Where(r => r.Key > after).Take(most).ToArray();
            return new RewardPage(page.Length == 0 ? after : page[^1].Key, [.. page.Select(static r => r.Value)]);
        },
        cancellationToken);

    public ValueTask<bool> RateAsync(StoredRating rating, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rating);
        return owner.StepAsync(
            data =>
            {
                var rows = data.Routing;
                var isReplaced = false;
                foreach (var (number, _) in rows.Ratings.Where(r => r.Value.Feedback.RouteId == rating.Feedback.RouteId && r.Value.Feedback.Source == rating.Feedback.Source).ToArray()) isReplaced |= rows.Ratings.Remove(number);
                rows.Ratings[++rows.Numbers] = rating;
                return isReplaced;
            },
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<StoredRating>> RatingsAsync(int most, CancellationToken cancellationToken) =>
        owner.StepAsync<IReadOnlyList<StoredRating>>(data => [.. data.Routing.Ratings.Values.Reverse().Take(most)], cancellationToken);

    public ValueTask<IReadOnlyList<RouteTotals>> TotalsAsync(DateOnly from, CancellationToken cancellationToken) =>
        owner.StepAsync<IReadOnlyList<RouteTotals>>(data => [.. data.Routing.Totals.Values.Where(t => t.Day >= from)], cancellationToken);

    public ValueTask<IReadOnlyList<RouteWriter>> WritersAsync(CancellationToken cancellationToken) =>
        owner.StepAsync<IReadOnlyList<RouteWriter>>(data => [.. data.Routing.Writers.Values.Select(static w => w.Writer).OrderBy(static w => w.At).ThenBy(static w => w.Owner, StringComparer.Ordinal)], cancellationToken);

    public ValueTask<QuarantineList> QuarantinesAsync(CancellationToken cancellationToken) => owner.StepAsync(static data => data.Routing.Held(), cancellationToken);

    public ValueTask<QuarantineList?> TryChangeAsync(long epoch, QuarantineChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        return owner.StepAsync(
            data =>
            {
                if (data.Routing.Changes.Count != epoch) return null;
                data.Routing.Changes.Add(change with { At = data.Time.GetUtcNow() });
                return data.Routing.Held();
            },
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<QuarantineChange>> QuarantineHistoryAsync(int most, CancellationToken cancellationToken) =>
        owner.StepAsync<IReadOnlyList<QuarantineChange>>(data => [.. Enumerable.Reverse(data.Routing.Changes).Take(most)], cancellationToken);
}
