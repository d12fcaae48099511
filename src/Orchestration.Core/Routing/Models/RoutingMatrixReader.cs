using System.Text.Json;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Routing.Models;

/// <summary>Reads a routing matrix, <c>{id, prompt, group?, quality{model: 0–1}, cost{model: USD}?}</c> a row: a bad row goes to the rejects with its line and cure, the others are read.</summary>
public sealed class RoutingMatrixReader
{
    private readonly List<string> _ids = [];
    private readonly List<string> _prompts = [];
    private readonly List<string> _groups = [];
    private readonly List<double> _quality = [];
    private readonly List<double> _cost = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly string[]? _wanted;
    private string[]? _experts;
    private bool _hasCost = true;

    private RoutingMatrixReader(IReadOnlyList<string>? experts) => _experts = _wanted = experts is null ? null : [.. experts];

    /// <summary>Reads all rows.</summary>
    /// <param name="input">The files.</param>
    /// <param name="experts">The experts that every row must have, no more and no fewer; null for those of the first good row.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="OrchestrationException">A file cannot be read, or no row is good (<see cref="ErrorCodes.Input"/>).</exception>
    public static (RoutingMatrix Matrix, RowReport Report) Read(RowInput input, IReadOnlyList<string>? experts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var reader = new RoutingMatrixReader(experts);
        var report = RowSource.Read(input, "{id, prompt, group, quality{model: 0–1}, cost{model: USD}}", reader.Take, cancellationToken);
        return (new RoutingMatrix(reader._experts!, reader._ids, reader._prompts, reader._groups, [.. reader._quality], reader._hasCost ? [.. reader._cost] : null), report);
    }

    private RowFault? Take(JsonElement row)
    {
        if (RowSource.Text(row, "id") is not { } id) return RowSource.Missing(row, "id");
        if (_known.Contains(id)) return new RowFault(RejectReason.DuplicateId, $"The id '{id}' is that of an earlier row. Leave one of the two out.");
        if (RowSource.Text(row, "prompt") is not { } prompt || string.IsNullOrWhiteSpace(prompt)) return RowSource.Missing(row, "prompt");
        if (!row.TryGetProperty("quality", out var quality) || quality.ValueKind != JsonValueKind.Object)
            return new RowFault(RejectReason.WrongType, "The field 'quality' should be an object: model to a number from 0 to 1.");
        string[] names = _experts ?? [.. quality.EnumerateObject().Select(static p => p.Name)];
        if (names.Length == 0 || names.Distinct(StringComparer.Ordinal).Count() != names.Length) return new RowFault(RejectReason.WrongType, "The field 'quality' names no model, or one twice.");
        var values = new double[names.Length];
        if (Fill(quality, "quality", 1, names, values, _wanted is not null) is { } fault) return fault;
        var costs = new double[names.Length];
        if (row.TryGetProperty("cost", out var cost) && cost.ValueKind != JsonValueKind.Null)
        {
            if (cost.ValueKind != JsonValueKind.Object) return new RowFault(RejectReason.WrongType, "The field 'cost' should be an object: model to US dollars. Leave it out where costs are not known.");
            if (Fill(cost, "cost", double.MaxValue, names, costs, _wanted is not null) is { } wrong) return wrong;
        }
        else
        {
            _hasCost = false;
        }

        _experts ??= names;
        _known.Add(id);
        _ids.Add(id);
        _prompts.Add(prompt);
        _groups.Add(RowSource.Text(row, "group") ?? PairHash.Group(prompt));
        _quality.AddRange(values);
        _cost.AddRange(costs);
        return null;
    }

    private static RowFault? Fill(JsonElement given, string field, double most, string[] names, double[] values, bool isToldWhom)
    {
        var seen = 0;
        foreach (var property in given.EnumerateObject())
        {
            var place = Array.IndexOf(names, property.Name);
            if (place < 0)
            {
                return new RowFault(
                    RejectReason.RecordedForm, $"The field '{field}' has the model '{property.Name}', which {(isToldWhom ? "those to be learned from" : "the rows before it")} do not have: {FieldHints.List(names)}. Every row has the same models.");
            }

            if (property.Value.ValueKind != JsonValueKind.Number) return new RowFault(RejectReason.WrongType, $"The {field} of '{property.Name}' should be a number.");
            if (!property.Value.TryGetDouble(out values[place]) || !double.IsFinite(values[place])) return JsonFaults.NotFinite($"{field}.{property.Name}");
            if (values[place] < 0 || values[place] > most) return new RowFault(RejectReason.WrongType, $"The {field} of '{property.Name}' should be {(most > 1 ? "at least 0, in US dollars" : "from 0 to 1")}.");
            seen++;
        }

        return seen == names.Length ? null : new RowFault(RejectReason.MissingField, $"The field '{field}' lacks a model: every row has {FieldHints.List(names)}. Leave the row out, or give the missing number.");
    }
}
