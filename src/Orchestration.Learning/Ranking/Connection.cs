namespace Orchestration.Learning.Ranking;

/// <summary>Which models can be placed against one another at all.</summary>
public static class Connection
{
    /// <summary>The part of each model: models are in one part where a chain of comparisons leads from one to the other. Parts have no order among them.</summary>
    /// <param name="wins">Models × models, above 0 where the row's model beat (or tied with) the column's.</param>
    /// <param name="models">Number of models.</param>
    public static int[] Parts(ReadOnlySpan<double> wins, int models)
    {
        var part = new int[models];
        Array.Fill(part, -1);
        var count = 0;
        for (var start = 0; start < models; start++)
        {
            if (part[start] >= 0) continue;
            Reach(wins, models, start, true, true, m =>
            {
                if (part[m] >= 0) return false;
                part[m] = count;
                return true;
            });
            count++;
        }

        return part;
    }

    /// <summary>
    /// True where chains of wins (or ties) lead from every model to every other: then, and only then, the strengths of greatest likelihood are finite and unique (Ford 1957).
    /// </summary>
    public static bool IsStrong(ReadOnlySpan<double> wins, int models)
    {
        foreach (var forward in (ReadOnlySpan<bool>)[true, false])
        {
            var seen = new bool[models];
            var reached = 0;
            Reach(wins, models, 0, forward, !forward, m =>
            {
                if (seen[m]) return false;
                reached++;
                return seen[m] = true;
            });
            if (reached != models) return false;
        }

        return true;
    }

    private static void Reach(ReadOnlySpan<double> wins, int models, int start, bool along, bool against, Func<int, bool> isNew)
    {
        var open = new Stack<int>();
        if (isNew(start)) open.Push(start);
        while (open.TryPop(out var from))
        {
            for (var to = 0; to < models; to++)
            {
                if (((along && wins[from * models + to] > 0) || (against && wins[to * models + from] > 0)) && isNew(to)) open.Push(to);
            }
        }
    }
}
