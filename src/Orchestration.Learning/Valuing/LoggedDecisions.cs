namespace Orchestration.Learning.Valuing;

/// <summary>
/// Decisions that were made with known chances, and what came of them: row i chose arm aᵢ with chance pᵢ on features xᵢ and was given reward rᵢ. Rows without a reward are left
/// out beforehand, which is right where chance alone, or the features, decided who was given one. Immutable.
/// </summary>
public sealed class LoggedDecisions
{
    /// <summary>Checks and keeps the rows; the arrays are not copied and must not change.</summary>
    /// <param name="arms">Number of arms, at least 1.</param>
    /// <param name="armOf">The arm that each row chose, 0 … arms − 1; at least one row.</param>
    /// <param name="chances">The chance that the row's arm was chosen with, above 0 to 1.</param>
    /// <param name="rewards">The rewards, finite.</param>
    /// <param name="dimension">Features of a row, at least 0.</param>
    /// <param name="features">Rows × dimension, row after row, finite.</param>
    /// <param name="groupOf">The group (prompt) of each row, 0 … G − 1: rows of one group may depend on one another. Null where every row is on its own.</param>
    /// <param name="allChances">Rows × arms: the chance of every arm, 0 where it was not on offer. Null where only the chosen arm's is known.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit, or a number out of its range; the message names the row.</exception>
    public LoggedDecisions(int arms, int[] armOf, double[] chances, double[] rewards, int dimension, float[] features, int[]? groupOf = null, double[]? allChances = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(arms, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(dimension);
        var rows = armOf.Length;
        if (rows == 0) throw new ArgumentException("Without a row there is nothing to learn from.", nameof(armOf));
        if (chances.Length != rows || rewards.Length != rows || features.Length != (long)rows * dimension || (groupOf is not null && groupOf.Length != rows)
            || (allChances is not null && allChances.Length != (long)rows * arms))
            throw new ArgumentException($"{rows} rows want as many chances, rewards and groups, {dimension} features each, and {arms} chances of arms each.", nameof(armOf));
        for (var i = 0; i < rows; i++)
        {
            if (armOf[i] < 0 || armOf[i] >= arms) throw new ArgumentException($"Row {i} chose arm {armOf[i]} of {arms}.", nameof(armOf));
            if (!(chances[i] is > 0 and <= 1)) throw new ArgumentException($"Row {i} chose with a chance that is not above 0 and at most 1.", nameof(chances));
            if (!double.IsFinite(rewards[i])) throw new ArgumentException($"Row {i} has a reward that is not finite.", nameof(rewards));
            if (groupOf is not null && groupOf[i] < 0) throw new ArgumentException($"Row {i} has a group below 0.", nameof(groupOf));
        }

        foreach (var feature in features)
        {
            if (!float.IsFinite(feature)) throw new ArgumentException("A feature is not finite.", nameof(features));
        }

        (Arms, ArmOf, Chances, Rewards, Dimension, Features, GroupOf, AllChances) = (arms, armOf, chances, rewards, dimension, features, groupOf, allChances);
    }

    /// <summary>Number of rows.</summary>
    public int Rows => ArmOf.Length;

    /// <summary>Number of arms.</summary>
    public int Arms { get; }

    /// <summary>Features of a row.</summary>
    public int Dimension { get; }

    internal int[] ArmOf { get; }

    internal double[] Chances { get; }

    internal double[] Rewards { get; }

    internal float[] Features { get; }

    internal int[]? GroupOf { get; }

    internal double[]? AllChances { get; }

    internal ReadOnlySpan<float> FeaturesOf(int row) => Features.AsSpan(row * Dimension, Dimension);

    /// <summary>True where the row's chance of an arm is known to be 0.</summary>
    internal bool IsOutOfReach(int row, int arm) => AllChances is not null && AllChances[row * Arms + arm] <= 0 && ArmOf[row] != arm;

    /// <summary>Some of the rows.</summary>
    internal LoggedDecisions Only(int[] rows)
    {
        var features = new float[rows.Length * Dimension];
        for (var i = 0; i < rows.Length; i++) FeaturesOf(rows[i]).CopyTo(features.AsSpan(i * Dimension));
        var all = AllChances is null ? null : new double[rows.Length * Arms];
        for (var i = 0; all is not null && i < rows.Length; i++) AllChances.AsSpan(rows[i] * Arms, Arms).CopyTo(all.AsSpan(i * Arms));
        return new LoggedDecisions(
            Arms, [.. rows.Select(r => ArmOf[r])], [.. rows.Select(r => Chances[r])], [.. rows.Select(r => Rewards[r])], Dimension, features, GroupOf is null ? null : [.. rows.Select(r => GroupOf[r])], all);
    }
}
