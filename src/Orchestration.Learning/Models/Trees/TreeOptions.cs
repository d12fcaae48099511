namespace Orchestration.Learning.Models.Trees;

/// <summary>Settings of small boosted trees.</summary>
internal sealed record TreeOptions
{
    /// <summary>Questions from root to leaf, 1 to 3: how many judges may act together.</summary>
    public int Depth { get; init; } = 3;

    /// <summary>Share of each tree's step that is taken, above 0 to 1.</summary>
    public double LearningRate { get; init; } = 0.03;

    /// <summary>Trees at most, at least 1; how many it is decides the loss on held-out groups.</summary>
    public int Trees { get; init; } = 800;

    /// <summary>Trees without a better loss on the held-out groups before adding stops; 0 grows every tree and holds nothing out.</summary>
    public int Patience { get; init; } = 60;

    /// <summary>Rows' worth of weight in a leaf at least, at least 1; where a tree sees few rows a twelfth of them is enough, though not below 3.</summary>
    public double LeafWeight { get; init; } = 20;

    /// <summary>Rows' worth of zero added to each leaf: it shrinks small leaves.</summary>
    public double Shrinkage { get; init; } = 5;

    /// <summary>Share of the judges that a tree may ask, above 0 to 1; at least one.</summary>
    public double JudgeShare { get; init; } = 0.5;

    /// <summary>Share of the examples that a tree sees, above 0 to 1.</summary>
    public double RowShare { get; init; } = 0.5;

    /// <summary>Bins of a judge's scores at most, 2 to 64.</summary>
    public int Bins { get; init; } = 32;

    /// <summary>True: no judge's better score lowers the number. Null: false for human scores, true for comparisons.</summary>
    public bool? Monotone { get; init; }

    /// <summary>The judges that <see cref="Monotone"/> is about; null for all. Ignored where nothing is monotone.</summary>
    public IReadOnlySet<int>? MonotoneJudges { get; init; }

    /// <summary>These settings, or an exception that says which one is wrong.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public TreeOptions Checked()
    {
        SettingRange.Check(nameof(Depth), Depth, 1, FittedTree.Depth);
        SettingRange.Check(nameof(LearningRate), LearningRate, SettingRange.AboveZero, 1);
        SettingRange.Check(nameof(Trees), Trees, 1);
        SettingRange.Check(nameof(Patience), Patience, 0);
        SettingRange.Check(nameof(LeafWeight), LeafWeight, 1);
        SettingRange.Check(nameof(Shrinkage), Shrinkage, 0);
        SettingRange.Check(nameof(JudgeShare), JudgeShare, SettingRange.AboveZero, 1);
        SettingRange.Check(nameof(RowShare), RowShare, SettingRange.AboveZero, 1);
        SettingRange.Check(nameof(Bins), Bins, 2, 64);
        return this;
    }
}
