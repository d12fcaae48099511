namespace Orchestration.Core.Routing.Models;

/// <summary>What experts were worth on prompts: the judged history that routers learn from. Immutable by agreement: arrays are not copied.</summary>
public sealed class RoutingMatrix
{
    /// <summary>Takes columns.</summary>
    /// <param name="experts">Names, distinct, at least one.</param>
    /// <param name="ids">One a row.</param>
    /// <param name="prompts">One a row.</param>
    /// <param name="groups">One a row: the task where rows name one.</param>
    /// <param name="quality">Rows × experts, 0–1.</param>
    /// <param name="cost">Rows × experts, US dollars a call, at least 0; null where costs are not known.</param>
    /// <exception cref="ArgumentException">Sizes that do not fit.</exception>
    public RoutingMatrix(IReadOnlyList<string> experts, IReadOnlyList<string> ids, IReadOnlyList<string> prompts, IReadOnlyList<string> groups, double[] quality, double[]? cost = null)
    {
        ArgumentNullException.ThrowIfNull(experts);
        if (experts.Count == 0 || prompts.Count != ids.Count || groups.Count != ids.Count || quality.Length != (long)ids.Count * experts.Count || (cost is not null && cost.Length != quality.Length))
            throw new ArgumentException("The columns do not fit one another.", nameof(quality));
        (Experts, Ids, Prompts, Groups, Quality, Cost) = (experts, ids, prompts, groups, quality, cost);
    }

    /// <summary>Experts, in the order of the first row.</summary>
    public IReadOnlyList<string> Experts { get; }

    /// <summary>Each row's id.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <summary>Each row's prompt.</summary>
    public IReadOnlyList<string> Prompts { get; }

    /// <summary>Each row's group: a label to learn from; no policy sees it.</summary>
    public IReadOnlyList<string> Groups { get; }

    /// <summary>Rows × experts, 0–1.</summary>
    public double[] Quality { get; }

    /// <summary>Rows × experts, US dollars; null where costs are not known.</summary>
    public double[]? Cost { get; }

    /// <summary>Number of rows.</summary>
    public int Rows => Ids.Count;

    /// <summary>Rows of equal prompts as groups 0 …: they are never parted by folds.</summary>
    public int[] PromptOf => [.. MetaEvaluation.FieldRows.Numbered(Prompts).Of];

    /// <summary>Groups as numbers 0 … in the order of their names.</summary>
    public (int[] Of, IReadOnlyList<string> Names) NumberedGroups()
    {
        string[] names = [.. Groups.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var numbers = names.Select(static (name, number) => (name, number)).ToDictionary(static n => n.name, static n => n.number, StringComparer.Ordinal);
        return ([.. Groups.Select(g => numbers[g])], names);
    }

    /// <summary>The same rows with other costs.</summary>
    /// <param name="cost">Rows × experts, US dollars.</param>
    public RoutingMatrix WithCost(double[]? cost) => new(Experts, Ids, Prompts, Groups, Quality, cost);

    /// <summary>Some of the rows.</summary>
    /// <param name="rows">Row numbers, in the order wanted.</param>
    public RoutingMatrix Select(IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var width = Experts.Count;
        return new RoutingMatrix(Experts, [.. rows.Select(r => Ids[r])], [.. rows.Select(r => Prompts[r])], [.. rows.Select(r => Groups[r])], Taken(Quality), Cost is null ? null : Taken(Cost));

        double[] Taken(double[] from)
        {
            var taken = new double[rows.Count * width];
            for (var i = 0; i < rows.Count; i++) from.AsSpan(rows[i] * width, width).CopyTo(taken.AsSpan(i * width));
            return taken;
        }
    }
}
