using Orchestration.Core.Judging;

namespace Orchestration.Storage.Postgres.Judgments;

/// <summary>The order in which rows are written, so that silos which write the same ones wait for each other and never in a circle.</summary>
internal sealed class AddressOrder : IComparer<JudgmentAddress>
{
    public static readonly AddressOrder Instance = new();

    public int Compare(JudgmentAddress x, JudgmentAddress y)
    {
        var order = x.Pair.CompareTo(y.Pair);
        if (order == 0) order = x.Judge.CompareTo(y.Judge);
        return order == 0 ? x.Repeat.CompareTo(y.Repeat) : order;
    }
}
