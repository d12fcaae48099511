using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Orchestration.Core.Reports.Charts;

namespace Orchestration.Core.MetaEvaluation.Report;

/// <summary>Sections as the member <c>section</c> of a check's JSON, and back from files of them.</summary>
public static class SectionJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        IncludeFields = true,
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        AllowDuplicateProperties = false,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { Charts } },
    };

    /// <summary>A section as JSON.</summary>
    /// <param name="section">What a check found.</param>
    public static JsonNode Write(CheckSection section) => JsonSerializer.SerializeToNode(section, Options)!;

    /// <summary>The sections of files that hold the JSON of checks, one a line (what <c>--json</c> ends standard output with; other lines are passed over).</summary>
    /// <param name="files">Their paths; <c>-</c> for standard input.</param>
    /// <param name="standardInput">What <c>-</c> is; null for the process's own.</param>
    /// <param name="cancellationToken">Stops between lines.</param>
    /// <exception cref="OrchestrationException">A file cannot be read, or has no section that can be read (<see cref="ErrorCodes.Input"/>).</exception>
    public static IReadOnlyList<CheckSection> Read(IReadOnlyList<string> files, Stream? standardInput, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(files);
        var sections = new List<CheckSection>();
        foreach (var file in files)
        {
            var before = sections.Count;
            var number = 0;
            foreach (var line in Lines(file, standardInput))
            {
                cancellationToken.ThrowIfCancellationRequested();
                number++;
                if (line.StartsWith('{') && Section(line, file, number) is { } section) sections.Add(section);
            }

            if (sections.Count == before)
                throw new OrchestrationException(ErrorCodes.Input, $"{file} has no check in it: no line is a JSON object with a member 'section', as a check's --json writes it.");
        }

        return sections;
    }

    private static IEnumerable<string> Lines(string file, Stream? standardInput)
    {
        if (file == "-")
        {
            using var reader = new StreamReader(standardInput ?? Console.OpenStandardInput(), leaveOpen: true);
            while (reader.ReadLine() is { } line) yield return line;
            yield break;
        }

        using var stream = Pairs.Reading.InputReader.OpenFile(file);
        using var text = new StreamReader(stream);
        while (text.ReadLine() is { } line) yield return line;
    }

    private static CheckSection? Section(string line, string file, int number)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (!document.RootElement.TryGetProperty("section", out var element)) return null;
            if (HoldsNull(element)) throw Bad(file, number, "a list in it holds null", null);
            var section = element.Deserialize<CheckSection>(Options);
            var fault = section is null ? "it is null" : Fault(section);
            return fault is null ? section : throw Bad(file, number, fault, null);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw Bad(file, number, e.Message, e);
        }
    }

    private static OrchestrationException Bad(string file, int number, string what, Exception? inner) =>
        new(ErrorCodes.Input, $"{file}, line {number}: the check's section cannot be read ({what.TrimEnd('.')}). Run the check again with --json, or leave the file out.", inner);

    /// <summary>True for a null inside a list, at any depth: the reader checks members for null, not what lists hold.</summary>
    private static bool HoldsNull(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().Any(static e => e.ValueKind == JsonValueKind.Null || HoldsNull(e)),
        JsonValueKind.Object => element.EnumerateObject().Any(static m => HoldsNull(m.Value)),
        _ => false,
    };

    /// <summary>What a page could not be made from; null for nothing.</summary>
    private static string? Fault(CheckSection section)
    {
        if (section.Check.Length == 0 || !section.Check.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')) return $"'{section.Check}' is no name of a check";
        foreach (var part in section.Parts)
        {
            if (part.Table is { } table && table.Rows.Any(row => row.Count != table.Columns.Count)) return "a row of a table has more or fewer cells than there are columns";
            if (part.Chart is HeatMap map && map.Values.Count != map.RowLabels.Count * map.ColumnLabels.Count) return "a matrix has more or fewer values than cells";
            if (part.Chart is LineChart lines && lines.Series.Any(static s => s.X.Count != s.Y.Count || Wrong(s.Lower, s) || Wrong(s.Upper, s) || Wrong(s.OuterLower, s) || Wrong(s.OuterUpper, s))) return "a line has more or fewer places than heights";
        }

        return null;
    }

    private static bool Wrong(IReadOnlyList<double>? band, LineSeries line) => band is not null && band.Count != line.X.Count;

    /// <summary>The kinds of charts that sections hold, by name.</summary>
    private static void Charts(JsonTypeInfo type)
    {
        if (type.Type != typeof(Chart)) return;
        type.PolymorphismOptions = new JsonPolymorphismOptions
        {
            TypeDiscriminatorPropertyName = "kind",
            DerivedTypes =
            {
                new JsonDerivedType(typeof(IntervalChart), "intervals"), new JsonDerivedType(typeof(BarChart), "bars"), new JsonDerivedType(typeof(LineChart), "lines"), new JsonDerivedType(typeof(HeatMap), "matrix"),
                new JsonDerivedType(typeof(ScatterChart), "points"),
            },
        };
    }
}
