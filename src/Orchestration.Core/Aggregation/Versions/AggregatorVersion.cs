using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orchestration.Learning.Models;

namespace Orchestration.Core.Aggregation.Versions;

/// <summary>
/// One immutable version of an aggregator: a manifest (JSON) and its weights (safetensors). The weights hold one or more models as parts, each tensor
/// called <c>PART/NAME</c>; kind, format and settings of a part stand in the file's metadata.
/// </summary>
public sealed class AggregatorVersion
{
    /// <summary>The part that every version has: the model.</summary>
    public const string ModelPart = "model";

    /// <summary>The part that intervals are made from, where a version has them.</summary>
    public const string IntervalPart = "interval";

    /// <summary>The largest manifest that is read, in bytes.</summary>
    public const int MaxManifestBytes = 128 << 20;

    private AggregatorVersion(AggregatorManifest manifest, byte[] weights, IReadOnlyDictionary<string, ModelState> parts)
    {
        Manifest = manifest;
        Weights = weights;
        Parts = parts;
    }

    /// <summary>
    /// 64 hexadecimal digits: the SHA-256 of the weights and of the basis. Training again in the same way gives the same id; who trained it, when, how
    /// long it took and what it was measured to do stand outside.
    /// </summary>
    public string Id => Manifest.Id;

    /// <summary>The id's first 12 digits, for people.</summary>
    public string ShortId => Short(Manifest.Id);

    /// <summary>The manifest, with its id.</summary>
    public AggregatorManifest Manifest { get; }

    /// <summary>The safetensors file.</summary>
    public byte[] Weights { get; }

    /// <summary>The models in the weights, by part.</summary>
    public IReadOnlyDictionary<string, ModelState> Parts { get; }

    /// <summary>The model.</summary>
    public ModelState Model => Parts[ModelPart];

    /// <summary>The first 12 digits of an id; other names (<c>mean</c>) as they are.</summary>
    public static string Short(string id) => id.Length == 64 ? id[..12] : id;

    /// <summary>Makes a version of what was trained.</summary>
    /// <param name="manifest">Its manifest; the id is filled in.</param>
    /// <param name="parts">Its models; <see cref="ModelPart"/> is one of them.</param>
    public static AggregatorVersion Create(AggregatorManifest manifest, IReadOnlyDictionary<string, ModelState> parts)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        if (!parts.ContainsKey(ModelPart)) throw new ArgumentException($"A version has the part '{ModelPart}'.", nameof(parts));
        CheckName(manifest.Name);
        var weights = Safetensors.Write(WeightParts.Join(parts));
        return new AggregatorVersion(manifest with { Id = IdOf(weights, manifest.Basis) }, weights, parts);
    }

    /// <summary>Reads a version, and checks that it is what its id says.</summary>
    /// <param name="manifestPlace">The manifest's file, for messages.</param>
    /// <param name="manifest">Its bytes.</param>
    /// <param name="weightsPlace">The weights' file, for messages.</param>
    /// <param name="weights">Its bytes.</param>
    /// <exception cref="OrchestrationException">Damaged, edited, cut off, or of a newer format (<see cref="ErrorCodes.Input"/>).</exception>
    public static AggregatorVersion Read(string manifestPlace, ReadOnlySpan<byte> manifest, string weightsPlace, byte[] weights)
    {
        var read = ReadManifest(manifestPlace, manifest);
        var parts = WeightParts.Split(weightsPlace, Safetensors.Read(weightsPlace, weights));
        if (!parts.ContainsKey(ModelPart)) throw new OrchestrationException(ErrorCodes.Input, $"{weightsPlace} holds no part '{ModelPart}': it is no aggregator's weights. Export the version again.");
        var id = IdOf(weights, read.Basis);
        if (id != read.Id)
        {
            throw new OrchestrationException(
                ErrorCodes.Input,
                $"{manifestPlace} and {weightsPlace} come to id {id[..12]} and not to the id {AggregatorVersion.Short(Shown(read.Id))} that the manifest states: one of them was changed or belongs to another version. Export the version again.");
        }

        return new AggregatorVersion(read, weights, parts);
    }

    /// <summary>The same version with what stands outside the hash: who trained it, when, and how long it took.</summary>
    public AggregatorVersion Signed(string? author, DateTimeOffset trainedAt, double seconds) =>
        new(Manifest with { Author = author, TrainedAt = trainedAt, Seconds = seconds }, Weights, Parts);

    /// <summary>The same version under another name.</summary>
    public AggregatorVersion Renamed(string name)
    {
        CheckName(name);
        return new AggregatorVersion(Manifest with { Name = name }, Weights, Parts);
    }

    /// <summary>Checks a name of an aggregator.</summary>
    /// <exception cref="OrchestrationException">Empty, too long, or with other characters (<see cref="ErrorCodes.Usage"/>).</exception>
    public static void CheckName(string name)
    {
        var isGood = name.Length is >= 1 and <= 64 && char.IsAsciiLetterOrDigit(name[0]) && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.');
        if (!isGood) throw new OrchestrationException(ErrorCodes.Usage, $"'{Shown(name)}' is no name of an aggregator: use lower-case letters, digits, '-', '_' and '.', at most 64, a letter or digit first.");
        if (name == MeanScore.Version) throw new OrchestrationException(ErrorCodes.Usage, $"'{MeanScore.Version}' is the plain mean of the judges and cannot be the name of a learned aggregator. Choose another.");
    }

    private static AggregatorManifest ReadManifest(string place, ReadOnlySpan<byte> json)
    {
        if (json.Length > MaxManifestBytes) throw new OrchestrationException(ErrorCodes.Input, FormattableString.Invariant($"{place} has {json.Length} bytes, more than the {MaxManifestBytes} of the largest manifest that is read. Export the version again."));
        if (json.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) json = json[3..];
        try
        {
            CheckFormat(place, json);
            var manifest = JsonSerializer.Deserialize(json, AggregatorJson.Default.AggregatorManifest)
                ?? throw new OrchestrationException(ErrorCodes.Input, $"{place} is empty. Export the version again.");
            CheckName(manifest.Name);
            CheckBasis(place, manifest.Basis);
            return manifest;
        }
        catch (JsonException e)
        {
            var where = e.LineNumber is { } line ? FormattableString.Invariant($", line {line + 1}") : "";
            throw new OrchestrationException(ErrorCodes.Input, $"{place}{where}: the manifest cannot be read{(e.Path is { Length: > 1 } path ? $" at {Shown(path)}" : "")}. It was cut off or edited: copy or export it again.", e);
        }
        catch (FormatException e)
        {
            throw new OrchestrationException(ErrorCodes.Input, $"{place}: its hashes are not base64. It was edited: copy or export it again.", e);
        }
    }

    // Before the rest: what a newer format holds is not ours to judge.
    private static void CheckFormat(string place, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 16 });
        reader.Read();
        while (reader.TokenType == JsonTokenType.StartObject ? reader.Read() : reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.TokenType != JsonTokenType.PropertyName) return;
            var isFormat = reader.ValueTextEquals("format"u8);
            reader.Read();
            if (isFormat)
            {
                if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var format) && format == AggregatorManifest.CurrentFormat) return;
                throw new OrchestrationException(ErrorCodes.Input, $"{place} is not of format {AggregatorManifest.CurrentFormat}, which this build reads. Use the build that wrote it, or train again.");
            }

            reader.Skip();
        }
    }

    private static void CheckBasis(string place, AggregatorBasis basis)
    {
        if (basis.Judges is not { Count: > 0 }) throw Bad("names no judge");
        if (basis.Target is null || basis.Training is null || basis.Guards is null) throw Bad("lacks target, training or guards");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var judge in basis.Judges)
        {
            if (judge?.Name is not { Length: > 0 } || !names.Add(judge.Name)) throw Bad("has a judge without a name, or one twice");
            if (judge.Scale is null || !double.IsFinite(judge.Scale.Min) || !double.IsFinite(judge.Scale.Max) || !(judge.Scale.Min < judge.Scale.Max)) throw Bad($"states no scale for judge '{Shown(judge.Name)}'");
        }

        if (basis.Guards.FirstOrDefault(g => g?.Judge is null || !names.Contains(g.Judge)) is { } guard) throw Bad($"guards with judge '{Shown(guard.Judge ?? "")}', which it does not have");

        OrchestrationException Bad(string what) => new(ErrorCodes.Input, $"{place} {what}. Export the version again.");
    }

    private static string IdOf(byte[] weights, AggregatorBasis basis)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("orchestrate aggregator 1\n"u8);
        hash.AppendData(SHA256.HashData(weights));
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(basis, AggregatorJson.Default.AggregatorBasis));
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private static string Shown(string text)
    {
        var shown = new StringBuilder();
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, 80))) shown.Append(char.IsControl(c) ? '?' : c);
        return shown.ToString();
    }
}
