using System.Globalization;
using System.Text.Json;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Learning.Selection;

namespace Orchestration.Core.Aggregation.Training;

/// <summary>
/// Reads rows to learn from. A bad row is written to the rejects with its line and cure, and the others are learned from; a row without a human score is
/// left out and counted.
/// </summary>
public static class TrainingReader
{
    /// <summary>Reads all files.</summary>
    /// <exception cref="OrchestrationException">A file cannot be read, or no row of all is good (<see cref="ErrorCodes.Input"/>).</exception>
    public static TrainingRows Read(TrainingInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var rows = new TrainingRows();
        var read = RowFiles.Read(input.Files, input.RejectsPath, input.StandardInput, (chunk, rejects) => new ChunkReader(input, rows, rejects).Read(chunk), cancellationToken);
        var known = new Dictionary<string, KnownColumn>(StringComparer.Ordinal);
        foreach (var file in input.Files)
        {
            foreach (var (name, column) in KnownColumns.Beside(file)) known.TryAdd(name, column);
        }

        (rows.Rejected, rows.FirstReject, rows.RejectedByReason) = ((int)read.Rejected, read.FirstReject, read.ByReason);
        (rows.Inputs, rows.Known) = (read.Inputs, known);
        if (rows.Count == 0) throw Nothing(input, rows);
        return rows;
    }

    private static OrchestrationException Nothing(TrainingInput input, TrainingRows rows) => new(
        ErrorCodes.Input,
        rows.Unlabelled != 0 ? $"No good row of {string.Join(", ", input.Files)} has a value in '{input.Target}'. Name the field of the human scores with --target, or label some rows."
        : rows.FirstReject is { } first ? $"There is no row to learn from in {string.Join(", ", input.Files)}. {first}"
        : $"{string.Join(", ", input.Files)} holds no rows.");

    /// <summary>Reads one chunk's rows.</summary>
    private sealed class ChunkReader(TrainingInput input, TrainingRows rows, RejectBuffer rejects)
    {
        private readonly HashSet<string>? _judges = input.Judges.Count == 0 ? null : new HashSet<string>(input.Judges, StringComparer.Ordinal);

        public void Read(RawChunk chunk)
        {
            if (chunk.Format.Csv is { } header) RowScan.Records(chunk, header, rejects, fields => ReadRecord(header, fields));
            else RowScan.Objects(chunk, rejects, ReadObject);
        }

        private RowFault? ReadObject(JsonElement root)
        {
            var row = new TrainingRow { Scores = [], Weight = 1, Id = Text(root, "id") };
            row.Group = Text(root, input.Group ?? "group");
            if (input.Group is null && string.IsNullOrEmpty(row.Group)) row.Prompt = Text(root, "prompt");
            if (input.Part is { } part) row.Part = Text(root, part);
            row.IsSimulated = SimulatedMark.Of(root);
            if (input.Weight is { } weight)
            {
                if (!root.TryGetProperty(weight, out var value) || value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out row.Weight))
                    return new RowFault(RejectReason.WrongType, $"The field '{weight}' should be the row's weight, a number more than 0.");
            }

            var hasVerdicts = root.TryGetProperty("verdicts", out var verdicts) && verdicts.ValueKind == JsonValueKind.Object;
            row.Kind = hasVerdicts ? LearnedFrom.Comparisons : LearnedFrom.Scores;
            if (hasVerdicts)
            {
                if (VerdictValue.Read(verdicts, row.Scores, _judges) is { } fault) return fault;
                if (root.TryGetProperty(input.Target, out var label) && label.ValueKind != JsonValueKind.Null)
                {
                    if (label.ValueKind != JsonValueKind.String || PreferenceText.Parse(label.GetString()!) is not { } preference) return RowRules.UnknownLabel(input.Target);
                    (row.HasTarget, row.Target) = (true, preference switch { Preference.A => 1, Preference.B => 0, _ => 0.5 });
                }

                return Complete(row, NamesOf(root));
            }

            if (!root.TryGetProperty("scores", out var scores) || scores.ValueKind != JsonValueKind.Object)
            {
                return new RowFault(
                    RejectReason.MissingField, $"There is no field 'scores' (judge to number or null) and no 'verdicts'; the row has {FieldHints.List(NamesOf(root))}. Rows of 'orchestrate sweep run' have one.");
            }

            if (ReadScores(scores, row.Scores) is { } bad) return bad;
            if (input.Raters.Count != 0)
            {
                row.Ratings = [];
                foreach (var rater in input.Raters)
                {
                    if (FieldPath.TryFind(root, rater, out var rating) && ReadRating(rater, rating, row.Ratings) is { } wrong) return wrong;
                }

                row.TakeMeanOfRatings();
                return Complete(row, NamesOf(root));
            }

            if (FieldPath.TryFind(root, input.Target, out var target) && target.ValueKind != JsonValueKind.Null)
            {
                if (target.ValueKind != JsonValueKind.Number) return new RowFault(RejectReason.WrongType, $"The field '{input.Target}' should be a human score, a number; write null where there is none.");
                if (!target.TryGetDouble(out row.Target) || !double.IsFinite(row.Target)) return JsonFaults.NotFinite(input.Target);
                row.HasTarget = true;
            }

            return Complete(row, NamesOf(root));
        }

        /// <summary>One rating, or all of a list or an object of ratings.</summary>
        private static RowFault? ReadRating(string rater, JsonElement rating, List<(string, double)> into)
        {
            switch (rating.ValueKind)
            {
                case JsonValueKind.Null:
                    return null;
                case JsonValueKind.Number:
                    if (!rating.TryGetDouble(out var value) || !double.IsFinite(value)) return JsonFaults.NotFinite(rater);
                    into.Add((rater, value));
                    return null;
                case JsonValueKind.Array:
                    for (var i = 0; i < rating.GetArrayLength(); i++)
                    {
                        if (ReadRating(string.Create(CultureInfo.InvariantCulture, $"{rater}[{i}]"), rating[i], into) is { } fault) return fault;
                    }

                    return null;
                case JsonValueKind.Object:
                    foreach (var one in rating.EnumerateObject())
                    {
                        if (ReadRating($"{rater}.{one.Name}", one.Value, into) is { } fault) return fault;
                    }

                    return null;
                default:
                    return new RowFault(RejectReason.WrongType, $"The field '{rater}' should be an annotator's rating, a number; write null where there is none.");
            }
        }

        private RowFault? ReadScores(JsonElement scores, List<(string, double)> into)
        {
            foreach (var score in scores.EnumerateObject())
            {
                if (_judges?.Contains(score.Name) == false) continue;
                var value = double.NaN;
                if (score.Value.ValueKind == JsonValueKind.Number)
                {
                    if (!score.Value.TryGetDouble(out value) || !double.IsFinite(value)) return JsonFaults.NotFinite(score.Name);
                }
                else if (score.Value.ValueKind != JsonValueKind.Null)
                {
                    return new RowFault(RejectReason.WrongType, $"The score of '{score.Name}' should be a number or null.");
                }

                into.Add((score.Name, value));
            }

            return null;
        }

        private RowFault? ReadRecord(CsvHeader header, string[] fields)
        {
            var row = new TrainingRow { Scores = [], Weight = 1, Kind = LearnedFrom.Scores, Ratings = input.Raters.Count == 0 ? null : [] };
            for (var f = 0; f < fields.Length; f++)
            {
                var name = header.Names[f];
                if (name == "id") row.Id = fields[f];
                if (name == (input.Group ?? "group")) row.Group = fields[f];
                if (name == "prompt" && input.Group is null) row.Prompt = fields[f];
                if (name == input.Part) row.Part = fields[f];
                if (name == SimulatedMark.Field) row.IsSimulated = SimulatedMark.Of(fields[f]);
                if (row.Ratings is not null && input.Raters.Contains(name, StringComparer.Ordinal))
                {
                    if (fields[f].Length == 0) continue;
                    if (!Number(fields[f], out var rating)) return NoNumber(name);
                    row.Ratings.Add((name, rating));
                }
                else if (row.Ratings is null && name == input.Target && fields[f].Length != 0)
                {
                    if (!Number(fields[f], out row.Target)) return NoNumber(name);
                    row.HasTarget = true;
                }
                else if (name == input.Weight)
                {
                    if (!Number(fields[f], out row.Weight)) return NoNumber(name);
                }
                else if (JudgeOf(name) is { } judge)
                {
                    var score = double.NaN;
                    if (fields[f].Length != 0 && !Number(fields[f], out score)) return NoNumber(name);
                    row.Scores.Add((judge, score));
                }
            }

            row.TakeMeanOfRatings();
            return row.Scores.Count == 0
                ? new RowFault(RejectReason.MissingField, $"No column holds a judge's scores; the file has {FieldHints.List(header.Names)}. Call the columns scores.NAME, or name them with --judges.")
                : Complete(row, header.Names);
        }

        private string? JudgeOf(string column)
        {
            const string Prefix = "scores.";
            if (column.StartsWith(Prefix, StringComparison.Ordinal)) column = column[Prefix.Length..];
            else if (_judges is null) return null;
            return _judges?.Contains(column) == false ? null : column;
        }

        private RowFault? Complete(in TrainingRow read, IReadOnlyList<string> names)
        {
            var row = read;
            if (string.IsNullOrEmpty(row.Id))
                return new RowFault(RejectReason.MissingField, $"There is no field 'id', or it is empty; the row has {FieldHints.List(names)}. Rows are told apart by it.");
            if (rows.HasId(row.Id)) return new RowFault(RejectReason.DuplicateId, $"The id '{row.Id}' is that of an earlier row. Leave one of the two out.");
            if (input.Group is { } group && string.IsNullOrEmpty(row.Group))
                return new RowFault(RejectReason.MissingField, $"There is no value in '{group}', which groups the rows; the row has {FieldHints.List(names)}.");
            if (input.Part is { } part && !input.PartMayBeMissing && string.IsNullOrEmpty(row.Part))
                return new RowFault(RejectReason.MissingField, $"There is no value in '{part}', whose values are held out; the row has {FieldHints.List(names)}.");
            if (rows.LearnedFrom is { } kind && kind != row.Kind)
                return new RowFault(RejectReason.RecordedForm, kind == LearnedFrom.Scores ? "The row holds verdicts on a comparison, and the rows before it scores. Train on each apart." : "The row holds scores of an answer, and the rows before it verdicts. Train on each apart.");
            if (!(row.Weight > 0) || !double.IsFinite(row.Weight)) return new RowFault(RejectReason.WrongType, $"The weight in '{input.Weight}' should be a number more than 0.");
            if (!row.HasTarget)
            {
                rows.Unlabelled++;
                if (!input.KeepUnlabelled) return null;
                row.Target = double.NaN;
            }

            if (string.IsNullOrEmpty(row.Group))
            {
                if (row.Prompt is { Length: > 0 } prompt)
                {
                    row.Group = PairHash.Group(prompt);
                }
                else
                {
                    row.Group = row.Id;
                    rows.HasLoneRows = true;
                }
            }

            rows.LearnedFrom = row.Kind;
            if (row.IsSimulated && row.HasTarget) rows.Simulated++;
            rows.Add(row);
            return null;
        }

        private static string? Text(JsonElement root, string field) => !root.TryGetProperty(field, out var value) ? null : value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        };

        private static List<string> NamesOf(JsonElement root) => [.. root.EnumerateObject().Select(static p => p.Name)];

        private static bool Number(string text, out double value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

        private static RowFault NoNumber(string column) => new(RejectReason.WrongType, $"The field '{column}' should be a number, written with a point; leave it empty where there is none.");
    }
}

/// <summary>A judge's two verdicts as one number.</summary>
internal static class VerdictValue
{
    /// <summary>The mean of both, the second one flipped back: −1 to 1, above 0 for answer A; NaN where neither is readable.</summary>
    public static double Of(Preference? asShown, Preference? swapped) => VerdictFeatures.Mean(Sign(asShown), Sign(swapped));

    /// <summary>Reads <c>verdicts{judge: [as shown, as shown with A and B swapped]}</c>.</summary>
    /// <param name="verdicts">An object.</param>
    /// <param name="into">Takes a judge's name and its mean verdict.</param>
    /// <param name="wanted">The judges to read; null for all.</param>
    public static RowFault? Read(JsonElement verdicts, List<(string, double)> into, IReadOnlySet<string>? wanted = null)
    {
        foreach (var judge in verdicts.EnumerateObject())
        {
            if (wanted?.Contains(judge.Name) == false) continue;
            if (judge.Value.ValueKind != JsonValueKind.Array || judge.Value.GetArrayLength() != 2)
                return new RowFault(RejectReason.WrongType, $"The verdicts of '{judge.Name}' should be two: as shown, and with A and B swapped.");
            into.Add((judge.Name, Of(Verdict(judge.Value[0]), Verdict(judge.Value[1]))));
        }

        return null;
    }

    private static Preference? Verdict(JsonElement element) => element.ValueKind == JsonValueKind.String ? PreferenceText.Parse(element.GetString()!) : null;

    private static double Sign(Preference? verdict) => verdict switch { null => double.NaN, Preference.A => 1, Preference.B => -1, _ => 0 };
}
