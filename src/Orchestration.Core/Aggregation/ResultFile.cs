using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;

namespace Orchestration.Core.Aggregation;

/// <summary>What re-aggregating came to.</summary>
/// <param name="Rows">Rows written.</param>
/// <param name="WithoutScore">Of these, without a score: too few of the version's judges have one.</param>
/// <param name="Rejected">Rows that could not be read.</param>
/// <param name="FirstReject">The first of them, with file and line.</param>
public sealed record Reaggregated(long Rows, long WithoutScore, long Rejected = 0, string? FirstReject = null);

/// <summary>
/// Scores a file of results, or of verdicts on comparisons, again under a version, without any judge: each row is written as it was, with another score,
/// interval (for comparisons, what is preferred), coverage and aggregator. Files of any size, in constant memory.
/// </summary>
public static class ResultFile
{
    private static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads one file and writes another.</summary>
    /// <param name="path">Rows with <c>scores</c> or <c>verdicts</c>: JSON lines, plain or gzip.</param>
    /// <param name="version">The version.</param>
    /// <param name="minCoverage">Least share of the version's judges for a row to get a score.</param>
    /// <param name="folder">Where <c>results.jsonl</c> or <c>verdicts.jsonl</c> and, where rows are bad, <c>rejects.jsonl</c> go.</param>
    /// <param name="cancellationToken">Stops; nothing is left behind.</param>
    /// <exception cref="OrchestrationException">The file cannot be read, or the version refuses its judges.</exception>
    public static Reaggregated Write(string path, LoadedVersion version, double minCoverage, string folder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(version);
        Directory.CreateDirectory(folder);
        var kind = version.Version.Manifest.Basis.LearnedFrom == LearnedFrom.Scores ? DataKind.Pairs : DataKind.Comparisons;
        var target = Path.Combine(folder, SweepResults.RowsFileName(kind));
        if (Path.GetFullPath(target) == Path.GetFullPath(path))
            throw new OrchestrationException(ErrorCodes.Usage, $"{path} would be written over while it is read. Name another folder with --out.");
        var partial = FormattableString.Invariant($"{target}.partial-{Environment.ProcessId}");
        try
        {
            Reaggregated done;
            using (var output = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
                done = new Run(path, version, minCoverage, Path.Combine(folder, "rejects.jsonl"), output).Do(cancellationToken);
            File.Move(partial, target, overwrite: true);
            return done;
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private sealed class Run(string path, LoadedVersion version, double minCoverage, string rejectsPath, Stream output)
    {
        private readonly IReadOnlyDictionary<string, KnownColumn> _known = KnownColumns.Beside(path);
        private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal);
        private readonly LearnedFrom _hold = version.Version.Manifest.Basis.LearnedFrom;
        private readonly string _field = version.Version.Manifest.Basis.LearnedFrom == LearnedFrom.Scores ? "scores" : "verdicts";
        private AggregatorColumns _named = new([]);
        private VersionBinding? _binding;
        private long _rows;
        private readonly List<(string Judge, double Verdict)> _verdicts = [];
        private long _without;

        public Reaggregated Do(CancellationToken cancellationToken)
        {
            RejectLog? log = null;
            string? first = null;
            long rejected = 0;
            try
            {
                using var reader = new InputReader(path, 0, new IngestOptions { Kind = DataKind.Pairs, Inputs = [path] });
                var rejects = new RejectBuffer();
                foreach (var chunk in reader.Chunks())
                {
                    using (chunk)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        rejects.Clear();
                        if (chunk.Format.Csv is not null) throw new OrchestrationException(ErrorCodes.Input, $"{path} is CSV. Results are re-aggregated as JSON lines, as 'orchestrate sweep run' writes them.");
                        if (chunk.Fault is { } fault) rejects.Add(path, chunk.FirstLine, fault, chunk.Span);
                        else Lines(chunk, rejects);
                    }

                    if (rejects.Entries.Count == 0) continue;
                    first ??= string.Create(CultureInfo.InvariantCulture, $"{path}, line {rejects.First!.Value.Line}: {rejects.First.Value.Fault.Message}");
                    rejected += (log ??= new RejectLog(rejectsPath)).Append(rejects);
                }
            }
            finally
            {
                log?.Dispose();
            }

            if (_rows == 0) throw new OrchestrationException(ErrorCodes.Input, $"{path} holds no row with {_field}. {first}");
            return new Reaggregated(_rows, _without, rejected, first);
        }

        private void Lines(RawChunk chunk, RejectBuffer rejects)
        {
            var documents = new List<JsonDocument>();
            try
            {
                RowScan.Lines(chunk, rejects, text =>
                {
                    var fault = RowScan.Parse(text, Fault, out var document);
                    if (document is not null) documents.Add(document);
                    return fault;
                });
                if (documents.Count != 0) Score(documents);
            }
            finally
            {
                foreach (var document in documents) document.Dispose();
            }
        }

        private RowFault? Fault(JsonElement root)
        {
            var isObject = root.TryGetProperty(_field, out var scores) && scores.ValueKind == JsonValueKind.Object;
            if (_hold == LearnedFrom.Comparisons)
            {
                return isObject
                    ? VerdictValue.Read(scores, [])
                    : new RowFault(RejectReason.MissingField, $"There is no field 'verdicts' (judge to two verdicts), and {version} was learned from comparisons. Rows of 'orchestrate compare run' have one.");
            }

            if (!isObject || root.TryGetProperty("verdicts", out _))
                return new RowFault(RejectReason.MissingField, $"There is no field 'scores' (judge to number or null) of single answers, and {version} was learned from those. Rows of 'orchestrate sweep run' have one.");
            foreach (var score in scores.EnumerateObject())
            {
                if (score.Value.ValueKind is JsonValueKind.Null) continue;
                if (score.Value.ValueKind != JsonValueKind.Number) return new RowFault(RejectReason.WrongType, $"The score of '{score.Name}' should be a number or null.");
                if (!double.IsFinite(score.Value.GetDouble())) return JsonFaults.NotFinite(score.Name);
            }

            return null;
        }

        private void Score(List<JsonDocument> documents)
        {
            Columns(documents);
            var width = _columns.Count;
            var scores = new double[documents.Count * width];
            Array.Fill(scores, double.NaN);
            for (var row = 0; row < documents.Count; row++)
            {
                if (_hold == LearnedFrom.Comparisons)
                {
                    _verdicts.Clear();
                    VerdictValue.Read(documents[row].RootElement.GetProperty(_field), _verdicts);
                    foreach (var (judge, verdict) in _verdicts) scores[row * width + _columns[judge]] = verdict;
                    continue;
                }

                foreach (var score in documents[row].RootElement.GetProperty(_field).EnumerateObject())
                {
                    if (score.Value.ValueKind == JsonValueKind.Number) scores[row * width + _columns[score.Name]] = score.Value.GetDouble();
                }
            }

            var result = version.Score(_binding!, new AggregatorRequest { Columns = _named, Scores = scores, MinCoverage = minCoverage });
            using var writer = new Utf8JsonWriter(output, WriterOptions);
            for (var row = 0; row < documents.Count; row++)
            {
                writer.Reset(output);
                WriteRow(writer, documents[row].RootElement, result, row);
                writer.Flush();
                output.WriteByte((byte)'\n');
                _rows++;
                if (double.IsNaN(result.Scores[row])) _without++;
            }
        }

        /// <summary>Takes up judges that were not met before. The version must accept them.</summary>
        private void Columns(List<JsonDocument> documents)
        {
            var before = _columns.Count;
            foreach (var document in documents)
            {
                foreach (var score in document.RootElement.GetProperty(_field).EnumerateObject()) _columns.TryAdd(score.Name, _columns.Count);
            }

            if (_binding is not null && before == _columns.Count) return;
            _named = new AggregatorColumns([.. _columns.OrderBy(static c => c.Value).Select(c => new AggregatorColumn(c.Key, _known.GetValueOrDefault(c.Key)?.Rubric, _known.GetValueOrDefault(c.Key)?.Version))], _hold);
            _binding = version.Bind(_named);
            if (_binding.Refusal is { } refusal) throw new OrchestrationException(ErrorCodes.Configuration, refusal);
        }

        private void WriteRow(Utf8JsonWriter writer, JsonElement root, AggregatorReply result, int row)
        {
            writer.WriteStartObject();
            var isWritten = false;
            foreach (var property in root.EnumerateObject())
            {
                if (property.Name is "interval" or "preferred" or "coverage" or "aggregator") continue;
                if (property.Name == "score")
                {
                    WriteResult(writer, result, row);
                    isWritten = true;
                    continue;
                }

                writer.WritePropertyName(property.Name);
                writer.WriteRawValue(property.Value.GetRawText(), skipInputValidation: true);
            }

            if (!isWritten) WriteResult(writer, result, row);
            writer.WriteEndObject();
        }

        private void WriteResult(Utf8JsonWriter writer, AggregatorReply result, int row)
        {
            if (double.IsNaN(result.Scores[row])) writer.WriteNull("score"u8);
            else writer.WriteNumber("score"u8, result.Scores[row]);
            if (result.Lower.Length != 0 && !double.IsNaN(result.Lower[row]))
            {
                writer.WriteStartArray("interval"u8);
                writer.WriteNumberValue(result.Lower[row]);
                writer.WriteNumberValue(result.Upper[row]);
                writer.WriteEndArray();
            }

            if (_hold == LearnedFrom.Comparisons)
            {
                if (VerdictColumns.Preferred(result.Scores[row]) is { } preferred) writer.WriteString("preferred"u8, preferred.ToText());
                else writer.WriteNull("preferred"u8);
            }

            writer.WriteNumber("coverage"u8, result.Coverage[row]);
            writer.WriteString("aggregator"u8, version.Id);
        }
    }
}
