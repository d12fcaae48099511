namespace Orchestration.Learning.Models.Neural;

/// <summary>Settings of a network with one hidden layer and of how it is trained.</summary>
internal sealed record MlpOptions
{
    /// <summary>Hidden units of each member, at least 1.</summary>
    public int Hidden { get; init; } = 16;

    /// <summary>Networks whose outputs are averaged, at least 1. Member k holds out fold k mod 5 of the training groups.</summary>
    public int Members { get; init; } = 10;

    /// <summary>True: no judge's better score lowers the number. Null: false for human scores, true for comparisons.</summary>
    public bool? Monotone { get; init; }

    /// <summary>Step of AdamW, above 0.</summary>
    public double LearningRate { get; init; } = 0.003;

    /// <summary>Decoupled weight decay of AdamW, at least 0.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Rows a step, at least 1.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>Passes over the training rows at most, at least 1.</summary>
    public int Epochs { get; init; } = 300;

    /// <summary>Passes without a better loss on the held-out groups before a member stops; 0 trains every pass and holds nothing out.</summary>
    public int Patience { get; init; } = 20;

    /// <summary>These settings, or an exception that says which one is wrong.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public MlpOptions Checked()
    {
        SettingRange.Check(nameof(Hidden), Hidden, 1);
        SettingRange.Check(nameof(Members), Members, 1);
        SettingRange.Check(nameof(LearningRate), LearningRate, SettingRange.AboveZero);
        SettingRange.Check(nameof(WeightDecay), WeightDecay, 0);
        SettingRange.Check(nameof(Batch), Batch, 1);
        SettingRange.Check(nameof(Epochs), Epochs, 1);
        SettingRange.Check(nameof(Patience), Patience, 0);
        return this;
    }
}
