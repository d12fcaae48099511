using Orchestration.Learning.Intervals;
using Orchestration.Learning.Robustness;

namespace Orchestration.Core.Experiments;

/// <summary>How an experiment's rows are laid out.</summary>
public enum ExperimentLayout
{
    /// <summary>Columns are rising strengths of one attack; drawn as lines.</summary>
    Strengths,

    /// <summary>Columns are what was tested on; drawn as a heat map a model.</summary>
    Matrix,

    /// <summary>Columns are different figures or ways; drawn as points with intervals.</summary>
    List,
}

/// <summary>One measured number of an experiment.</summary>
/// <param name="Condition">What was done (<c>invert, trained clean</c>; <c>without gpt-4</c>).</param>
/// <param name="Column">The column it stands in: the strength in words, what was tested on, or the way.</param>
/// <param name="Strength">The strength as a number; null where there is none.</param>
/// <param name="Model">The model.</param>
/// <param name="Figure">What was measured (<c>r2</c>, <c>reach</c>, <c>importance</c>).</param>
/// <param name="Value">The number with its 95% interval by group.</param>
public sealed record ExperimentRow(string Condition, string Column, double? Strength, string Model, string Figure, Estimate Value)
{
    /// <summary>Which drawing it belongs to, where one outcome has several; empty where it has one.</summary>
    public string Chapter { get; init; } = "";

    /// <summary>The paired difference to mean-then-fit under the same condition; null where it would be that model itself, or means nothing.</summary>
    public Estimate? OverMeanFit { get; init; }

    /// <summary>The paired difference to the same model without the attack; null where nothing was attacked.</summary>
    public Estimate? OverClean { get; init; }

    /// <summary>Further numbers by name (<c>rmse</c>, <c>bias</c>, <c>lowest_draw</c>), in order.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Further { get; init; } = [];

    /// <summary>One of the further numbers; NaN where there is none of that name.</summary>
    public double Get(string name)
    {
        foreach (var (key, value) in Further)
        {
            if (key == name) return value;
        }

        return double.NaN;
    }
}

/// <summary>A judge's curve over resamples.</summary>
/// <param name="Model">The model.</param>
/// <param name="Judge">The judge.</param>
/// <param name="At">Mapped scores.</param>
/// <param name="Mean">Mean over resamples, on the target's scale, centred.</param>
/// <param name="Lower">2.5% quantile over resamples.</param>
/// <param name="Upper">97.5% quantile.</param>
public sealed record ExperimentCurve(string Model, string Judge, double[] At, double[] Mean, double[] Lower, double[] Upper);

/// <summary>What came of an experiment: rows, what they mean, and what has to be known of how they were made. Immutable.</summary>
public sealed record ExperimentOutcome
{
    /// <summary>The kind (<c>contamination</c>).</summary>
    public required string Kind { get; init; }

    /// <summary>A heading.</summary>
    public required string Title { get; init; }

    /// <summary>What was done, in a few sentences.</summary>
    public required IReadOnlyList<string> Method { get; init; }

    /// <summary>How rows are laid out.</summary>
    public required ExperimentLayout Layout { get; init; }

    /// <summary>What the strengths are, or the columns.</summary>
    public required string ColumnsAre { get; init; }

    /// <summary>The main figure in words, with its unit.</summary>
    public required string FigureIs { get; init; }

    /// <summary>All rows, in the order of conditions, columns and models.</summary>
    public required IReadOnlyList<ExperimentRow> Rows { get; init; }

    /// <summary>What it means, a sentence each, with its figures.</summary>
    public required IReadOnlyList<string> Meaning { get; init; }

    /// <summary>Settings, for whoever repeats it: name and value in invariant culture.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; }

    /// <summary>Curves, where the experiment has some.</summary>
    public IReadOnlyList<ExperimentCurve> Curves { get; init; } = [];

    /// <summary>Columns that the charts leave out (figures of another unit).</summary>
    public IReadOnlyList<string> NotDrawn { get; init; } = [];
}
