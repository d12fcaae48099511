using System.Globalization;

namespace Orchestration.Core.Experiments;

/// <summary>An outcome as a table: a line for each condition and model, a column for each strength or way.</summary>
/// <param name="Heads">Heads of the columns.</param>
/// <param name="Rows">Cells, as many a row.</param>
public sealed record ExperimentTable(IReadOnlyList<string> Heads, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>What the signs in cells mean.</summary>
    public const string Legend = "± is half of the 95% interval by group. + and − mark a figure that is surely higher or lower than that of mean-fit under the same condition; brackets hold quantiles over resamples.";

    /// <summary>Lays an outcome out.</summary>
    /// <param name="outcome">The outcome.</param>
    public static ExperimentTable Of(ExperimentOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        string[] columns = [.. outcome.Rows.Select(static r => r.Column).Distinct(StringComparer.Ordinal)];
        var rows = new List<IReadOnlyList<string>>();
        if (outcome.Layout == ExperimentLayout.List)
        {
            // What is compared here are the models: they stand side by side.
            string[] models = [.. outcome.Rows.Select(static r => r.Model).Distinct(StringComparer.Ordinal)];
            foreach (var line in outcome.Rows.GroupBy(static r => (r.Condition, r.Column)))
                rows.Add([line.Key.Condition, line.Key.Column, .. models.Select(m => line.FirstOrDefault(r => r.Model == m) is { } row ? Cell(row) : "")]);
            return new ExperimentTable(["condition", outcome.ColumnsAre, .. models], rows);
        }

        foreach (var line in outcome.Rows.GroupBy(static r => (r.Condition, r.Model)))
            rows.Add([line.Key.Condition, line.Key.Model, .. columns.Select(c => line.FirstOrDefault(r => r.Column == c) is { } row ? Cell(row) : "")]);
        return new ExperimentTable([outcome.Layout == ExperimentLayout.Matrix ? "learned from" : "condition", "model", .. columns], rows);
    }

    private static string Cell(ExperimentRow row)
    {
        var (value, lower, upper) = (row.Value.Value, row.Value.Lower, row.Value.Upper);
        if (!double.IsFinite(value)) return "— ";
        var text = value.ToString(row.Figure == "rank" ? "0.0" : "0.000", CultureInfo.InvariantCulture);
        if (double.IsFinite(lower))
        {
            // Resamples have no symmetric interval.
            text += row.Figure is "r2" or "reach"
                ? string.Create(CultureInfo.InvariantCulture, $"±{(upper - lower) / 2:.000}")
                : string.Create(CultureInfo.InvariantCulture, $" [{lower:.00},{upper:.00}]");
        }

        return row.OverMeanFit is { IsSure: true } over ? text + (over.Value > 0 ? "+" : "−") : text + " ";
    }
}
