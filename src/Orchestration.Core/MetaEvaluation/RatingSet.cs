using System.Globalization;
using System.Text.Json;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Learning.Agreement;

namespace Orchestration.Core.MetaEvaluation;

/// <summary>Ratings of items by people and judges, as read from <c>{id, ratings{rater: label}, judges{judge: label}?, truth?, group?}</c>.</summary>
public sealed class RatingSet
{
    private RatingSet(RatingTable table, string[] ids, string[] raters, int annotators, string[] labels, bool isNumeric, int[] truth, RowReport report)
    {
        (Table, Ids, Raters, Annotators, Labels, IsNumeric, Truth, Report) = (table, ids, raters, annotators, labels, isNumeric, truth, report);
    }

    /// <summary>Annotators first, then judges, as raters of one table; texts as numbers in the order of <see cref="Labels"/>.</summary>
    public RatingTable Table { get; }

    /// <summary>Each item's id.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <summary>Names of annotators, then of judges.</summary>
    public IReadOnlyList<string> Raters { get; }

    /// <summary>How many of the raters are annotators.</summary>
    public int Annotators { get; }

    /// <summary>The text of each level of the table.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>True where every label is a number, so that distances between them mean something.</summary>
    public bool IsNumeric { get; }

    /// <summary>The level index of each item's truth; −1 where it is unknown.</summary>
    public int[] Truth { get; }

    /// <summary>What was read.</summary>
    public RowReport Report { get; }

    /// <summary>Reads ratings. Labels are texts or numbers; a list instead of <c>ratings{}</c> is of raters 1, 2, 3 …</summary>
    /// <param name="input">The files.</param>
    /// <param name="order">The labels from lowest to highest where their order matters and they are no numbers; empty for ordinal order of the texts.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="OrchestrationException">No good row, or a label that <paramref name="order"/> does not name (<see cref="ErrorCodes.Input"/>).</exception>
    public static RatingSet Read(RowInput input, IReadOnlyList<string> order, CancellationToken cancellationToken)
    {
        var (ids, groups, people, judges, labels) = (new HashSet<string>(StringComparer.Ordinal), new Names(), new Names(), new Names(), new Names());
        var rows = new List<(string Id, int Group, List<(int Rater, bool IsJudge, int Label)> Ratings, int Truth)>();
        var report = RowSource.Read(input, "{id, ratings{rater: label}, judges{judge: label}?, truth?}", row =>
        {
            if (RowSource.Text(row, "id") is not { } id) return RowSource.Missing(row, "id");
            if (ids.Contains(id)) return new RowFault(RejectReason.DuplicateId, $"The id '{id}' is that of an earlier row. Leave one of the two out.");
            var ratings = new List<(string Rater, bool IsJudge, string Label)>();
            if (Take(row, "ratings", false, ratings) is { } fault) return fault;
            if (row.TryGetProperty("judges", out var said) && said.ValueKind != JsonValueKind.Null && Take(row, "judges", true, ratings) is { } other) return other;
            if (ratings.Count == 0) return new RowFault(RejectReason.MissingField, "The row has no rating. Leave it out, or name who said what: ratings{rater: label}.");
            ids.Add(id);
            rows.Add((
                id,
                groups.Of(RowSource.Text(row, "group") is { } group ? $"group {group}" : RowSource.Text(row, "prompt") is { } prompt ? $"prompt {PairHash.Group(prompt)}" : $"id {id}"),
                [.. ratings.Select(r => ((r.IsJudge ? judges : people).Of(r.Rater), r.IsJudge, labels.Of(r.Label)))],
                RowSource.Text(row, "truth") is { } truth ? labels.Of(truth) : -1));
            return null;
        }, cancellationToken);
        return Complete(rows, groups.All.Count, people, judges, labels, order, report, input);
    }

    private static RowFault? Take(JsonElement row, string field, bool isJudge, List<(string, bool, string)> into)
    {
        if (!row.TryGetProperty(field, out var said)) return RowSource.Missing(row, field);
        if (said.ValueKind == JsonValueKind.Array)
        {
            var place = 0;
            foreach (var label in said.EnumerateArray())
            {
                if (One((++place).ToString(CultureInfo.InvariantCulture), label) is { } fault) return fault;
            }

            return null;
        }

        if (said.ValueKind != JsonValueKind.Object) return new RowFault(RejectReason.WrongType, $"The field '{field}' should be an object: rater to label.");
        foreach (var rating in said.EnumerateObject())
        {
            if (One(rating.Name, rating.Value) is { } fault) return fault;
        }

        return null;

        RowFault? One(string rater, JsonElement label)
        {
            switch (label.ValueKind)
            {
                case JsonValueKind.Null: return null;
                case JsonValueKind.String: into.Add((rater, isJudge, label.GetString()!)); return null;
                case JsonValueKind.Number: into.Add((rater, isJudge, label.GetRawText())); return null;
                case JsonValueKind.True or JsonValueKind.False: into.Add((rater, isJudge, label.GetRawText())); return null;
                default: return new RowFault(RejectReason.WrongType, $"The label of '{rater}' should be a text, a number, or null where there is none.");
            }
        }
    }

    private static RatingSet Complete(
        List<(string Id, int Group, List<(int Rater, bool IsJudge, int Label)> Ratings, int Truth)> rows, int groups, Names people, Names judges, Names labels, IReadOnlyList<string> order, RowReport report, RowInput input)
    {
        var raters = people.All.Count + judges.All.Count;
        if ((long)raters * rows.Count > int.MaxValue / 16) throw new OrchestrationException(ErrorCodes.Input, string.Create(CultureInfo.InvariantCulture, $"{rows.Count:N0} items by {raters:N0} raters are more than fit in memory. Split the file."));
        var numbers = labels.All.Select(static l => double.TryParse(l, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) && double.IsFinite(n) ? n : double.NaN).ToArray();
        var isNumeric = order.Count == 0 && !Array.Exists(numbers, double.IsNaN);
        if (!isNumeric)
        {
            var texts = order.Count != 0 ? [.. order] : labels.All.Order(StringComparer.Ordinal).ToList();
            for (var l = 0; l < numbers.Length; l++)
            {
                numbers[l] = texts.IndexOf(labels.All[l]);
                if (numbers[l] < 0) throw new OrchestrationException(ErrorCodes.Usage, $"{string.Join(", ", input.Files)} has the label '{labels.All[l]}', which the stated order ({string.Join(", ", order)}) does not name.");
            }
        }

        var values = new double[rows.Count * raters];
        Array.Fill(values, double.NaN);
        for (var i = 0; i < rows.Count; i++)
        {
            foreach (var (rater, isJudge, label) in rows[i].Ratings) values[i * raters + rater + (isJudge ? people.All.Count : 0)] = numbers[label];
        }

        var table = new RatingTable(raters, values, [.. rows.Select(static r => r.Group)]);
        var names = table.Levels.Select(level => labels.All[Array.IndexOf(numbers, level)]).ToArray();
        return new RatingSet(
            table, [.. rows.Select(static r => r.Id)], [.. people.All, .. judges.All], people.All.Count, names, isNumeric,
            [.. rows.Select(r => r.Truth < 0 ? -1 : Math.Max(-1, Array.BinarySearch(table.Levels, numbers[r.Truth])))], report);
    }
}
