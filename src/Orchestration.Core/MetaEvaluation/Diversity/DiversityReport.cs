using System.Globalization;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Reports;
using Orchestration.Core.Reports.Charts;
using Orchestration.Learning.Robustness;

namespace Orchestration.Core.MetaEvaluation.Diversity;

/// <summary>Diversity as tables and as one JSON object.</summary>
public static class DiversityReport
{
    /// <summary>The tree: a line a join, the most alike first.</summary>
    /// <param name="outcome">What was measured.</param>
    public static ReportTable Tree(DiversityOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return new ReportTable([ReportColumn.Number("mean correlation"), "these", "and these say the same by that much"], [.. outcome.Tree.Select(j => (string[])[ReportTable.Number(j.Correlation), outcome.Names(j.First), outcome.Names(j.Second)])]);
    }

    /// <summary>A line a size: the out-of-fold R² of the first so many judges; and the chosen subsets.</summary>
    /// <param name="outcome">What was measured.</param>
    public static ReportTable Sizes(DiversityOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        static string[] Line(string name, GroupedFigure figure, GroupedFigure full) =>
            [name, ReportTable.Number(figure.Value), $"{ReportTable.Number(figure.Estimate.Lower)} to {ReportTable.Number(figure.Estimate.Upper)}", (figure.Value / full.Value).ToString("0.0%", CultureInfo.InvariantCulture)];
        var study = outcome.Subset;
        return new ReportTable(
            ["judges", ReportColumn.Number("R² out of fold"), ReportColumn.Number("95% interval"), ReportColumn.Number("of that of all")],
            [.. study.BySize.Select((f, k) => Line((k + 1).ToString(CultureInfo.InvariantCulture), f, study.Full)), Line("chosen in training folds", study.Subset, study.Full)]);
    }

    /// <summary>Diversity as a section.</summary>
    /// <param name="outcome">What was measured.</param>
    /// <param name="inputs">What is known of the inputs.</param>
    public static CheckSection Section(DiversityOutcome outcome, IReadOnlyList<CheckFact> inputs)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return new CheckSection
        {
            Check = "diversity",
            Title = "How different the judges are",
            Headline = outcome.Meaning[0],
            Measured =
            [
                .. inputs, new("judges", outcome.Judges.Count.ToString(CultureInfo.InvariantCulture)), new("answers", outcome.Rows.ToString("N0", CultureInfo.InvariantCulture)),
                new("prompts", outcome.Prompts.ToString("N0", CultureInfo.InvariantCulture)), new("model", outcome.Model), new("seed", outcome.Options.Seed.ToString(CultureInfo.InvariantCulture)),
            ],
            Parts =
            [
                new CheckPart { Heading = "Which say the same", Table = Tree(outcome) },
                new CheckPart
                {
                    Heading = "How few would do",
                    Chart = new IntervalChart([.. outcome.Subset.BySize.Select(static (f, k) => new IntervalRow((k + 1).ToString(CultureInfo.InvariantCulture), f.Value, f.Estimate.Lower, f.Estimate.Upper))])
                    {
                        Title = "Out-of-fold R² of the first so many judges",
                        XLabel = "R², 95% interval by prompt",
                        YLabel = "judges",
                        Reference = 0,
                    },
                    Table = Sizes(outcome),
                },
            ],
            Meaning = outcome.Meaning,
            DoesNotMean = "Judges that differ need not be good, and judges that say the same need not be wrong: this counts voices, not truth.",
        };
    }

    /// <summary>One object on a line.</summary>
    /// <param name="outcome">What was measured.</param>
    public static string Json(DiversityOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return CheckJson.Line(writer =>
        {
            writer.WriteString("check", "diversity");
            CheckJson.Texts(writer, "judges", outcome.Judges);
            writer.WriteNumber("rows", outcome.Rows);
            writer.WriteNumber("prompts", outcome.Prompts);
            writer.WriteString("model", outcome.Model);
            writer.WriteStartObject("channels");
            CheckJson.Number(writer, "value", outcome.Channels.Value);
            CheckJson.Number(writer, "se", outcome.Channels.StandardError);
            CheckJson.Number(writer, "lower", outcome.Channels.Low);
            CheckJson.Number(writer, "upper", outcome.Channels.High);
            writer.WriteNumber("varying", outcome.Channels.Varying);
            writer.WriteEndObject();
            writer.WriteStartArray("tree");
            foreach (var join in outcome.Tree)
            {
                writer.WriteStartObject();
                CheckJson.Texts(writer, "first", join.First.Select(j => outcome.Judges[j]));
                CheckJson.Texts(writer, "second", join.Second.Select(j => outcome.Judges[j]));
                CheckJson.Number(writer, "correlation", join.Correlation);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            var study = outcome.Subset;
            writer.WriteStartObject("subset");
            writer.WriteNumber("keep", outcome.Options.Keep);
            CheckJson.Texts(writer, "judges", study.Final.Select(j => outcome.Judges[j]));
            Figure(writer, "r2_full", study.Full);
            Figure(writer, "r2_subset", study.Subset);
            Figure(writer, "difference", study.Subset.Minus(study.Full));
            CheckJson.Numbers(writer, "sizes", study.Sizes.Select(static s => (double)s));
            writer.WriteStartObject("chosen");
            for (var j = 0; j < outcome.Judges.Count; j++) CheckJson.Number(writer, outcome.Judges[j], study.Chosen[j]);
            writer.WriteEndObject();
            writer.WriteStartArray("by_size");
            foreach (var figure in study.BySize)
            {
                if (double.IsFinite(figure.Value)) writer.WriteNumberValue(figure.Value);
                else writer.WriteNullValue();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
            CheckJson.Texts(writer, "meaning", outcome.Meaning);
        });
    }

    private static void Figure(System.Text.Json.Utf8JsonWriter writer, string name, GroupedFigure figure)
    {
        writer.WriteStartObject(name);
        var estimate = figure.Estimate;
        CheckJson.Number(writer, "value", estimate.Value);
        CheckJson.Number(writer, "se", estimate.StandardError);
        CheckJson.Number(writer, "lower", estimate.Lower);
        CheckJson.Number(writer, "upper", estimate.Upper);
        writer.WriteEndObject();
    }
}
