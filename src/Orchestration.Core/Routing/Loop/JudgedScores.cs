namespace Orchestration.Core.Routing.Loop;

/// <summary>What judges said of the routes judged last, from the feed of rewards; as many as fit.</summary>
internal sealed class JudgedScores(int capacity = 100_000)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Hash128, float> _scores = [];
    private readonly Queue<Hash128> _order = [];

    public void Add(RouteReward reward)
    {
        if (reward.Score is not { } score || !RouteId.TryParse(reward.RouteId, out var id)) return;
        lock (_lock)
        {
            if (!_scores.TryAdd(id, (float)score)) return;
            _order.Enqueue(id);
            if (_order.Count > capacity) _scores.Remove(_order.Dequeue());
        }
    }

    public double? Find(string routeId)
    {
        if (!RouteId.TryParse(routeId, out var id)) return null;
        lock (_lock) return _scores.TryGetValue(id, out var score) ? score : null;
    }
}
