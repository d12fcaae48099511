using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Learning.Models.Guards;

namespace Orchestration.Core.Aggregation.Versions;

/// <summary>What stands beside a version's weights. Immutable once written.</summary>
public sealed record AggregatorManifest
{
    /// <summary>The format that this build writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Version of this record's form.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The aggregator's name: lower-case letters, digits, '-', '_' and '.', at most 64.</summary>
    public required string Name { get; init; }

    /// <summary>The version's id: 64 hexadecimal digits, see <see cref="AggregatorVersion.Id"/>.</summary>
    public string Id { get; init; } = "";

    /// <summary>What it was trained from; hashed into the id together with the weights.</summary>
    public required AggregatorBasis Basis { get; init; }

    /// <summary>What it was measured to do when it was trained. Follows from the basis, and stands outside the hash.</summary>
    public AggregatorFigures? Figures { get; init; }

    /// <summary>The version that was active when this one was trained; null where none was.</summary>
    public string? Parent { get; init; }

    /// <summary>Who trained it, as far as the system tells.</summary>
    public string? Author { get; init; }

    /// <summary>When, UTC.</summary>
    public DateTimeOffset TrainedAt { get; init; }

    /// <summary>How long training took.</summary>
    public double Seconds { get; init; }

    /// <summary>The product version that trained it.</summary>
    public string? Build { get; init; }

    /// <summary>The files it was trained from.</summary>
    public IReadOnlyList<InputFile> Inputs { get; init; } = [];

    /// <summary>JSON text.</summary>
    /// <param name="indented">For people.</param>
    public byte[] ToJson(bool indented = true)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = indented })) JsonSerializer.Serialize(writer, this, AggregatorJson.Default.AggregatorManifest);
        return stream.ToArray();
    }
}

/// <summary>What an aggregator learns from.</summary>
public enum LearnedFrom
{
    /// <summary>Human scores of answers.</summary>
    Scores,

    /// <summary>Labels of comparisons.</summary>
    Comparisons,
}

/// <summary>What a version was trained from: with the weights, what its id is the hash of.</summary>
public sealed record AggregatorBasis
{
    /// <summary>Scores or comparisons.</summary>
    public required LearnedFrom LearnedFrom { get; init; }

    /// <summary>The judges, in the order of the model's inputs.</summary>
    public required IReadOnlyList<AggregatorJudge> Judges { get; init; }

    /// <summary>What it predicts.</summary>
    public required AggregatorTarget Target { get; init; }

    /// <summary>The rows it was trained on.</summary>
    public required AggregatorTraining Training { get; init; }

    /// <summary>The recipe as asked for (<c>auto</c>, <c>gam</c>), which can be fitted again on other rows.</summary>
    public required string Recipe { get; init; }

    /// <summary>The model that came of it (<c>mean-fit</c>, <c>stack</c>).</summary>
    public required string Model { get; init; }

    /// <summary>Monotone terms asked for or forbidden; null for the recipe's own way.</summary>
    public bool? Monotone { get; init; }

    /// <summary>Seed of folds and fits.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Folds.</summary>
    public required int Folds { get; init; }

    /// <summary>Fold seeds.</summary>
    public required int Repeats { get; init; }

    /// <summary>True where folds were drawn by row instead of by group: the figures then flatter it.</summary>
    public bool RandomFolds { get; init; }

    /// <summary>Stated rules around the model, in the order in which they act.</summary>
    public IReadOnlyList<AggregatorGuard> Guards { get; init; } = [];
}

/// <summary>A judge as a version knows it.</summary>
/// <param name="Name">Its column in results.</param>
/// <param name="Scale">The scale that maps its scores to 0–1: stated, or fitted on the training rows.</param>
/// <param name="IsFitted">True where the scale was fitted because none is stated: scores beyond it are clipped, where a stated scale makes them unscored.</param>
/// <param name="Reference">Its mean mapped score over the training rows, 0–1.</param>
/// <param name="Rubric">Hash of its rubric's text, for judges that have one and where known.</param>
/// <param name="Version">Version of the whole judge (rubric, model, parameters; a code judge's revision), where known.</param>
public sealed record AggregatorJudge(string Name, Scale Scale, bool IsFitted, double Reference, string? Rubric = null, string? Version = null)
{
    /// <summary>The mapped score; NaN where there is none.</summary>
    public double Map(double score)
    {
        if (IsFitted && !double.IsNaN(score)) score = Math.Clamp(score, Scale.Min, Scale.Max);
        return Scale.Map(score);
    }
}

/// <summary>What a version predicts.</summary>
/// <param name="Field">The field of the rows.</param>
/// <param name="Min">Lowest human score of the training rows; 0 for comparisons.</param>
/// <param name="Max">Highest human score of the training rows; 0 for comparisons.</param>
public sealed record AggregatorTarget(string Field, double Min, double Max);

/// <summary>The rows a version was trained on.</summary>
/// <param name="Sha256">Hash of all of them: judges, ids, groups, scores and targets in their order.</param>
/// <param name="Rows">How many.</param>
/// <param name="Groups">Groups (prompts) among them.</param>
/// <param name="RowHashes">The first 64 bits of each row's hash (id and group), sorted.</param>
/// <param name="GroupHashes">The same of each group.</param>
/// <param name="GroupField">The field that was named to group them; null where they were grouped by <c>group</c>, prompt or id.</param>
/// <param name="WeightField">The field of their weights; null where all weigh the same.</param>
/// <param name="PartField">The field whose values were held out whole; null where folds were drawn.</param>
/// <param name="SimulatedTargets">How many of the targets were simulated and not given by people; null for none.</param>
public sealed record AggregatorTraining(
    string Sha256,
    int Rows,
    int Groups,
    [property: JsonConverter(typeof(HashListConverter))] IReadOnlyList<ulong> RowHashes,
    [property: JsonConverter(typeof(HashListConverter))] IReadOnlyList<ulong> GroupHashes,
    string? GroupField = null,
    string? WeightField = null,
    string? PartField = null,
    int? SimulatedTargets = null)
{
    /// <summary>What has to be said wherever the version is shown; null where all targets came from people.</summary>
    [JsonIgnore]
    public string? SimulatedSentence => SimulatedTargets is { } simulated
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"SIMULATED: {simulated:N0} of {Rows:N0} targets were given by personas, not by people; what was learned from them is what a model thinks that people would say.")
        : null;
}

/// <summary>A stated, unlearned rule on one judge.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Judge">The judge; a missing score triggers nothing.</param>
/// <param name="Threshold">On the judge's mapped score, 0–1.</param>
/// <param name="Value">On the target's scale.</param>
public sealed record AggregatorGuard(GuardKind Kind, string Judge, double Threshold, double Value);

/// <summary>What a version was measured to do.</summary>
public sealed record AggregatorFigures
{
    /// <summary>Out-of-fold figures of each baseline and model on the same folds, by name; each a name to a number.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Models { get; init; } =
        new SortedDictionary<string, IReadOnlyDictionary<string, double>>(StringComparer.Ordinal).AsReadOnly();

    /// <summary>Mean out-of-fold gain over mean-then-fit (squared error, by group, over the fold seeds); null where it was not measured.</summary>
    public double? Gain { get; init; }

    /// <summary>The lower 95% bound of that gain.</summary>
    public double? GainLower { get; init; }
}

/// <summary>Hashes as base64 of their big-endian bytes: a million of them are 10 MB and not 20.</summary>
internal sealed class HashListConverter : JsonConverter<IReadOnlyList<ulong>>
{
    public override IReadOnlyList<ulong> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var bytes = reader.GetBytesFromBase64();
        if (bytes.Length % 8 != 0) throw new JsonException("A list of hashes has eight bytes for each.");
        var hashes = new ulong[bytes.Length / 8];
        for (var i = 0; i < hashes.Length; i++) hashes[i] = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(i * 8));
        return hashes;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<ulong> value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(value);
        var bytes = new byte[value.Count * 8];
        for (var i = 0; i < value.Count; i++) System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * 8), value[i]);
        writer.WriteBase64StringValue(bytes);
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(AggregatorManifest))]
[JsonSerializable(typeof(AggregatorBasis))]
internal sealed partial class AggregatorJson : JsonSerializerContext;
