using System.Globalization;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Selection;

namespace Orchestration.Core.MetaEvaluation.Next;

/// <summary>Which answers to label next.</summary>
/// <param name="Rows">The rows chosen from.</param>
/// <param name="Labelled">How many have a label.</param>
/// <param name="Items">In their order.</param>
public sealed record NextLabelsOutcome(TrainingRows Rows, int Labelled, IReadOnlyList<NextLabel> Items);

/// <summary>Chooses answers whose labels tell an aggregator or a calibration most.</summary>
public static class NextLabelsCheck
{
    /// <summary>Chooses.</summary>
    /// <param name="rows">Rows with scores, labelled and not (read with <see cref="TrainingInput.KeepUnlabelled"/>).</param>
    /// <param name="count">How many.</param>
    /// <param name="perPrompt">Answers to one prompt at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OrchestrationException">All rows have labels.</exception>
    public static NextLabelsOutcome Run(TrainingRows rows, int count, int perPrompt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        bool[] labelled = [.. rows.Targets.Select(static t => !double.IsNaN(t))];
        if (!labelled.Contains(false)) throw new OrchestrationException(ErrorCodes.Input, "All rows have a label: there is nothing to choose from. Add rows whose target is null.");
        IReadOnlyList<double>[] columns = [.. Enumerable.Range(0, rows.Judges.Count).Select(rows.Column)];
        double[] scores = [.. Enumerable.Range(0, rows.Count).SelectMany(i => columns.Select(c => c[i]))];
        var design = new LabelDesign(scores, columns.Length, FieldRows.Numbered(rows.Groups).Of, labelled);
        return new NextLabelsOutcome(rows, labelled.Count(static l => l), design.Best(count, perPrompt, cancellationToken));
    }

    /// <summary>As a section.</summary>
    /// <param name="outcome">What was chosen.</param>
    /// <param name="inputs">What is known of the inputs.</param>
    public static CheckSection Section(NextLabelsOutcome outcome, IReadOnlyList<CheckFact> inputs)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var left = new List<double> { 1 };
        foreach (var item in outcome.Items) left.Add(left[^1] * (1 - item.Share));
        var headline = string.Create(
            CultureInfo.InvariantCulture, $"{outcome.Items.Count:N0} answers chosen beside {outcome.Labelled:N0} that have labels: a model's predictions over all {outcome.Rows.Count:N0} answers are expected to vary by {1 - left[^1]:0%} less.");
        return new CheckSection
        {
            Check = "next",
            Title = "What to label next",
            Headline = headline,
            Measured =
            [
                .. inputs, new("answers", outcome.Rows.Count.ToString("N0", CultureInfo.InvariantCulture)), new("with labels", outcome.Labelled.ToString("N0", CultureInfo.InvariantCulture)), new("judges", string.Join(", ", outcome.Rows.Judges)),
            ],
            Parts =
            [
                new CheckPart
                {
                    Chart = new LineChart([new LineSeries("variance left", [.. Enumerable.Range(0, left.Count).Select(static k => (double)k)], left)])
                    {
                        Title = "Mean variance of predictions, as a share of what it is now",
                        XLabel = "labels given from now on",
                        YLabel = "share left",
                        YRange = (0, 1),
                    },
                    Table = new ReportTable(
                        [ReportColumn.Number("place"), "id", "group", ReportColumn.Number("variance there now"), ReportColumn.Number("taken away")],
                        [.. outcome.Items.Take(50).Select((n, k) => (string[])
                        [
                            (k + 1).ToString(CultureInfo.InvariantCulture), outcome.Rows.Ids[n.Row], outcome.Rows.Groups[n.Row], ReportTable.Number(n.Variance), n.Share.ToString("0.0%", CultureInfo.InvariantCulture),
                        ])]),
                },
            ],
            Meaning = [headline],
            DoesNotMean = "The chosen answers are where a model knows least, not a sample: the mean of their labels is not that of all answers. Values of policies (meta calibrate) want labels drawn at random.",
        };
    }

    /// <summary>As lines <c>{id, group, place, variance_share}</c>.</summary>
    /// <param name="outcome">What was chosen.</param>
    public static IEnumerable<string> Lines(NextLabelsOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return outcome.Items.Select((item, k) => CheckJson.Line(writer =>
        {
            writer.WriteString("id", outcome.Rows.Ids[item.Row]);
            writer.WriteString("group", outcome.Rows.Groups[item.Row]);
            writer.WriteNumber("place", k + 1);
            CheckJson.Number(writer, "variance_share", item.Share);
        }));
    }
}
