using System.Text.Json;
using Orchestration.Core.Judging;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Labels;

/// <summary>Pairs to be rated, as read from <c>{id, prompt, answer, reference?, group?, category?, source?}</c>.</summary>
/// <param name="Pairs">The good ones.</param>
/// <param name="Report">What was read.</param>
public sealed record PairsToRate(IReadOnlyList<Pair> Pairs, RowReport Report)
{
    /// <summary>Reads them.</summary>
    /// <param name="input">JSON lines or CSV.</param>
    /// <param name="needsReference">True where the rubric reads a reference: pairs without are rejected.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="OrchestrationException">No good row.</exception>
    public static PairsToRate Read(RowInput input, bool needsReference, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var (pairs, ids) = (new List<Pair>(), new HashSet<string>(StringComparer.Ordinal));
        var report = RowSource.Read(input, "{id, prompt, answer, reference?, group?, category?, source?}", row =>
        {
            if (RowSource.Text(row, "id") is not { } id) return RowSource.Missing(row, "id");
            if (RowSource.Text(row, "prompt") is not { } prompt) return RowSource.Missing(row, "prompt");
            if (!row.TryGetProperty("answer", out var answer) || answer.ValueKind is not (JsonValueKind.String or JsonValueKind.Number)) return RowSource.Missing(row, "answer");
            var reference = RowSource.Text(row, "reference");
            if (needsReference && reference is null) return RowSource.Missing(row, "reference");
            if (!ids.Add(id)) return new RowFault(RejectReason.DuplicateId, $"The id '{id}' is that of an earlier row. Leave one of the two out.");
            pairs.Add(new Pair { Id = id, Prompt = prompt, Answer = answer.ToString(), Reference = reference, Group = RowSource.Text(row, "group") ?? PairHash.Group(prompt), Category = RowSource.Text(row, "category"), Source = RowSource.Text(row, "source") });
            return null;
        }, cancellationToken);
        return new PairsToRate(pairs, report);
    }
}

/// <summary>
/// What personas said of pairs, as ratings that bear the mark <c>simulated: true</c>. Each rating is an ordinary stored judgment of a judge with that persona's profile.
/// </summary>
public sealed class SimulatedLabels
{
    private readonly IReadOnlyList<Pair> _pairs;
    private readonly IReadOnlyList<Persona> _personas;
    private readonly Judgment[] _ratings;

    /// <summary>Takes ratings over.</summary>
    /// <param name="pairs">What was rated.</param>
    /// <param name="personas">By whom.</param>
    /// <param name="ratings">Pairs × personas; unscored where there is none.</param>
    public SimulatedLabels(IReadOnlyList<Pair> pairs, IReadOnlyList<Persona> personas, Judgment[] ratings)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(personas);
        ArgumentNullException.ThrowIfNull(ratings);
        if (ratings.Length != pairs.Count * personas.Count) throw new ArgumentException($"{ratings.Length} ratings for {pairs.Count} pairs and {personas.Count} personas.", nameof(ratings));
        (_pairs, _personas, _ratings) = (pairs, personas, ratings);
    }

    /// <summary>Ratings that there are.</summary>
    public int Rated => _ratings.Count(static r => r.IsScored);

    /// <summary>Why others are missing, and how many, the most frequent first.</summary>
    public IReadOnlyList<(string Reason, int Count)> Missing => [.. _ratings.Where(static r => !r.IsScored).GroupBy(static r => r.Reason!, StringComparer.Ordinal).Select(static g => (g.Key, g.Count())).OrderByDescending(static m => m.Item2).ThenBy(static m => m.Key, StringComparer.Ordinal)];

    /// <summary>A persona's ratings and their mean.</summary>
    /// <param name="persona">Its number.</param>
    public (int Rated, double Mean) Of(int persona)
    {
        double[] own = [.. Enumerable.Range(0, _pairs.Count).Select(i => _ratings[i * _personas.Count + persona]).Where(static r => r.IsScored).Select(static r => r.Value)];
        return (own.Length, own.Length == 0 ? double.NaN : own.Average());
    }

    /// <summary>Lines of <c>{id, group, category?, source?, ratings{persona: score}, target, simulated: true, labelled_by}</c>; the target is the mean of the ratings there are. A pair that nobody rated has no line.</summary>
    /// <param name="by">The model and the rubric that rated.</param>
    public IEnumerable<string> Lines(string by)
    {
        for (var i = 0; i < _pairs.Count; i++)
        {
            if (Mean(i) is not { } mean) continue;
            var (row, pair) = (i, _pairs[i]);
            yield return CheckJson.Line(writer =>
            {
                writer.WriteString("id", pair.Id);
                writer.WriteString("group", pair.Group);
                if (pair.Category is { } category) writer.WriteString("category", category);
                if (pair.Source is { } source) writer.WriteString("source", source);
                Ratings(writer, row);
                writer.WriteNumber("target", mean);
                writer.WriteBoolean(SimulatedMark.Field, true);
                writer.WriteString("labelled_by", by);
            });
        }
    }

    /// <summary>
    /// Rows of results with the simulated ratings and their mean as target, marked. A row that has a target of its own keeps it and gets no mark; one that nobody rated stays as it is.
    /// </summary>
    /// <param name="results">Results of the same pairs.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <returns>Lines, rows labelled, and rows that had a target already.</returns>
    /// <exception cref="OrchestrationException">No good row, or none of these pairs.</exception>
    public (IReadOnlyList<string> Lines, int Labelled, int Kept) Into(RowInput results, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(results);
        var places = Enumerable.Range(0, _pairs.Count).ToDictionary(i => _pairs[i].Id, static i => i, StringComparer.Ordinal);
        var (lines, labelled, kept) = (new List<string>(), 0, 0);
        RowSource.Read(results, "{id, scores{judge: number}}", row =>
        {
            if (RowSource.Text(row, "id") is not { } id) return RowSource.Missing(row, "id");
            var hasTarget = row.TryGetProperty("target", out var target) && target.ValueKind != JsonValueKind.Null;
            var mean = places.TryGetValue(id, out var at) ? Mean(at) : null;
            if (hasTarget) kept++;
            if (hasTarget || mean is null)
            {
                lines.Add(row.GetRawText());
                return null;
            }

            labelled++;
            lines.Add(CheckJson.Line(writer =>
            {
                foreach (var member in row.EnumerateObject().Where(static m => m.Name is not ("target" or "ratings" or SimulatedMark.Field))) member.WriteTo(writer);
                Ratings(writer, at);
                writer.WriteNumber("target", mean.Value);
                writer.WriteBoolean(SimulatedMark.Field, true);
            }));
            return null;
        }, cancellationToken);
        return labelled + kept != 0 ? (lines, labelled, kept) : throw new OrchestrationException(ErrorCodes.Input, $"{string.Join(", ", results.Files)} has none of the pairs that were rated: no id is the same. Name the results of these very pairs with --results.");
    }

    private double? Mean(int pair)
    {
        var (sum, count) = (0.0, 0);
        for (var p = 0; p < _personas.Count; p++)
        {
            if (_ratings[pair * _personas.Count + p] is { IsScored: true } rating) (sum, count) = (sum + rating.Value, count + 1);
        }

        return count == 0 ? null : sum / count;
    }

    private void Ratings(Utf8JsonWriter writer, int pair)
    {
        writer.WriteStartObject("ratings");
        for (var p = 0; p < _personas.Count; p++) CheckJson.Number(writer, _personas[p].Name, _ratings[pair * _personas.Count + p].Value);
        writer.WriteEndObject();
    }
}
