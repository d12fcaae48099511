using System.Globalization;
using System.Security.Cryptography;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Routing.Features;
using Orchestration.Learning.Models;
using Orchestration.Learning.Routing;

namespace Orchestration.Core.Routing.Models;

/// <summary>The file of a routing model: safetensors, with settings and the model's version in its metadata. Equal models give equal bytes.</summary>
public static class RoutingModelFile
{
    /// <summary>The largest file that is read, in bytes.</summary>
    public const long MaxBytes = 1L << 30;

    private const string Format = "routing-model 1";
    private const string FormatKey = "format";
    private const string VersionKey = "version";
    private const string EmbeddingModelKey = "embedding_model";
    private const int MostExperts = 256;
    private const int MostDimensions = 65_536;

    /// <summary>The model's version: SHA-256 of its file without this.</summary>
    public static string VersionOf(RoutingModel model) => Convert.ToHexStringLower(SHA256.HashData(Safetensors.Write(Content(model))));

    /// <summary>All bytes of the file.</summary>
    public static byte[] Write(RoutingModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var content = Content(model);
        return Safetensors.Write(content with { Metadata = [.. content.Metadata, new(VersionKey, model.Version)] });
    }

    /// <summary>Writes the file; it is whole or not there.</summary>
    /// <exception cref="OrchestrationException">The file cannot be written (<see cref="ErrorCodes.Usage"/>).</exception>
    public static async Task SaveAsync(RoutingModel model, string path, CancellationToken cancellationToken)
    {
        var bytes = Write(model);
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            var partial = path + ".partial";
            await File.WriteAllBytesAsync(partial, bytes, cancellationToken);
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(ErrorCodes.Usage, $"{path} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Reads a file and checks that it is what its version says.</summary>
    /// <exception cref="OrchestrationException">Missing, damaged, edited, or of a newer format (<see cref="ErrorCodes.Input"/>).</exception>
    public static RoutingModel Load(string path)
    {
        try
        {
            var info = new FileInfo(path);
            if (info.Exists && info.Length > MaxBytes) throw new OrchestrationException(ErrorCodes.Input, $"{path} has {info.Length.ToString("N0", CultureInfo.InvariantCulture)} bytes, which no routing model has. Train it with 'orchestrate route train'.");
            return Read(path, File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(ErrorCodes.Input, $"{path} cannot be read: {e.Message} Make it with 'orchestrate route train --matrix FILE --out {path}'.", e);
        }
    }

    /// <summary>Reads bytes and checks that they are what their version says.</summary>
    /// <param name="place">The file, for messages.</param>
    /// <param name="bytes">All of it.</param>
    /// <exception cref="OrchestrationException">Damaged, edited, or of a newer format (<see cref="ErrorCodes.Input"/>).</exception>
    public static RoutingModel Read(string place, ReadOnlySpan<byte> bytes)
    {
        var content = Safetensors.Read(place, bytes);
        var stored = new StoredRouting(place, content);
        if (stored.Text(FormatKey) is var format && format != Format)
            throw new OrchestrationException(ErrorCodes.Input, $"{place} has the format '{(format.Length > 40 ? format[..40] : format)}'; this release reads '{Format}'. Train it again with 'orchestrate route train'.");
        var without = content with { Metadata = [.. content.Metadata.Where(static m => m.Key != VersionKey)] };
        if (Convert.ToHexStringLower(SHA256.HashData(Safetensors.Write(without))) != stored.Text(VersionKey)) throw stored.Bad("is not what its version says");
        try
        {
            return Model(stored);
        }
        catch (ArgumentException e)
        {
            throw stored.Bad($"has parts that do not fit one another ({e.Message.Split('.')[0]})");
        }
    }

    private static SafetensorsContent Content(RoutingModel model)
    {
        var (facts, heads, features) = (model.Facts, model.Heads, model.Trained);
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [FormatKey] = Format,
            ["experts"] = string.Join('\n', facts.Experts),
            ["kind"] = facts.Kind,
            ["choice"] = facts.Choice,
            ["rows"] = Text(facts.Rows),
            ["seed"] = facts.Seed.ToString(CultureInfo.InvariantCulture),
            ["task_penalty"] = Text(facts.TaskPenalty),
            ["quality_penalty"] = Text(facts.QualityPenalty),
            ["abstain"] = Text(facts.Abstain),
            ["least_familiarity"] = Text(model.LeastFamiliarity),
            ["neighbours"] = Text(heads.Neighbours),
            ["tasks"] = string.Join('\n', heads.Tasks?.Names ?? []),
            ["width"] = Text(features.Width),
            ["dimensions"] = Text(features.Dimensions),
            ["embeddings"] = features.Embedding?.Deployment ?? "",
            ["words"] = Text(HashedText.Revision),
            ["marks"] = Text(PromptMarks.Revision),
        };
        if (features.Embedding is { Model.Length: > 0 } need) metadata[EmbeddingModelKey] = need.Model;
        var (columns, projection) = features.Kept();
        var tensors = new List<ModelTensor>
        {
            Tensor("features.columns", columns), Tensor("features.projection", projection),
            Tensor("features.idf", features.Scale.Idf), Tensor("features.mark_means", features.Scale.MarkMeans), Tensor("features.mark_scales", features.Scale.MarkScales),
            Tensor("heads.means", heads.Means), Tensor("heads.features.weights", heads.Features.Weights), Tensor("heads.features.intercepts", heads.Features.Intercepts),
            Tensor("heads.history.rows", heads.History.Rows), Tensor("heads.history.quality", heads.History.Values),
            Tensor("heads.clusters.centres", heads.Clusters.Clusters.Centres), Tensor("heads.clusters.table", heads.Clusters.Table),
            Tensor("weights", model.Weights), Tensor("spread", model.Spread),
            Tensor("bins.edges", [.. model.Bins.SelectMany(static b => b.Edges)]), Tensor("bins.offsets", [.. model.Bins.SelectMany(static b => b.Offsets)]), Tensor("bins.errors", [.. model.Bins.SelectMany(static b => b.Errors)]),
        };
        if (heads.Tasks is { } tasks)
        {
            tensors.Add(Tensor("heads.tasks.weights", tasks.Classifier.Weights));
            tensors.Add(Tensor("heads.tasks.table", tasks.Table));
            tensors.Add(Tensor("heads.tasks.looks", tasks.Looks));
        }

        return new SafetensorsContent([.. metadata], tensors);
    }

    private static RoutingModel Model(StoredRouting stored)
    {
        var experts = stored.Texts("experts");
        var tasks = stored.Texts("tasks");
        var (width, count) = (stored.Whole("width", 1, 256), experts.Length);
        if (count is 0 or > MostExperts || width < tasks.Length + count) throw stored.Bad("names no experts, or has too few features for them");
        if (stored.Whole("words", 1, int.MaxValue) != HashedText.Revision || stored.Whole("marks", 1, int.MaxValue) != PromptMarks.Revision) throw stored.Bad("was trained on another revision of the features");
        var history = stored.Floats("heads.history.rows");
        if (history.Length == 0 || history.Length % width != 0) throw stored.Bad("has a history of another width");
        var centres = stored.Floats("heads.clusters.centres");
        if (centres.Length == 0 || centres.Length % width != 0) throw stored.Bad("has clusters of another width");
        var heads = new HeadSet
        {
            Means = stored.Numbers("heads.means", count),
            ExpertsAt = tasks.Length,
            Features = DenseRidge.Of(width, count, stored.Numbers("heads.features.weights", width * count), stored.Numbers("heads.features.intercepts", count)),
            Tasks = tasks.Length < 2 ? null : new TaskHead(
                tasks, SoftmaxRegression.Of(tasks.Length, tasks.Length, stored.Numbers("heads.tasks.weights", (tasks.Length + 1) * tasks.Length)),
                stored.Numbers("heads.tasks.table", tasks.Length * count), stored.Numbers("heads.tasks.looks", tasks.Length * (TaskHead.Steps + 1))),
            History = new NearestRows(history, width, stored.Floats("heads.history.quality", history.Length / width * count), count),
            Neighbours = stored.Whole("neighbours", 1, int.MaxValue),
            Clusters = new ClusterHead(RowClusters.Of(centres, width), stored.Numbers("heads.clusters.table", centres.Length / width * count)),
        };
        var facts = new RoutingModelFacts
        {
            Experts = experts,
            Kind = stored.Text("kind"),
            Choice = stored.Text("choice"),
            Rows = stored.Whole("rows", 1, int.MaxValue),
            Seed = stored.Seed("seed"),
            TaskPenalty = stored.Number("task_penalty"),
            QualityPenalty = stored.Number("quality_penalty"),
            Abstain = stored.Number("abstain"),
        };
        var (edges, offsets, errors) = (stored.Numbers("bins.edges", (RoutingHeads.Count + 1) * count * (PredictionBins.Bins - 1)), stored.Numbers("bins.offsets", (RoutingHeads.Count + 1) * count * PredictionBins.Bins), stored.Numbers("bins.errors", (RoutingHeads.Count + 1) * count * PredictionBins.Bins));
        PredictionBins[] bins = [.. Enumerable.Range(0, RoutingHeads.Count + 1).Select(h => new PredictionBins(Part(edges, h), Part(offsets, h), Part(errors, h)))];
        return new RoutingModel(Features(stored, width), heads, facts, stored.Numbers("weights", RoutingHeads.Count), stored.Number("least_familiarity"), bins, stored.Numbers("spread", count));

        static double[] Part(double[] all, int part) => all[(part * all.Length / (RoutingHeads.Count + 1))..((part + 1) * all.Length / (RoutingHeads.Count + 1))];
    }

    private static TrainedFeatures Features(StoredRouting stored, int width)
    {
        var deployment = stored.Text("embeddings") is { Length: > 0 } named ? named : null;
        var dimensions = stored.Whole("dimensions", deployment is null ? 0 : 1, deployment is null ? 0 : MostDimensions);
        var need = deployment is null ? null : new EmbeddingNeed(deployment, stored.TextOrNone(EmbeddingModelKey), dimensions);
        var all = (need is null ? HashedText.Buckets : dimensions) + PromptMarks.Count;
        var columns = stored.Numbers("features.columns");
        var kept = stored.Floats("features.projection", columns.Length * width);
        var projection = new float[all * width];
        var before = -1;
        for (var k = 0; k < columns.Length; k++)
        {
            if (columns[k] != Math.Floor(columns[k]) || columns[k] <= before || columns[k] >= all) throw stored.Bad("has columns that do not rise");
            before = (int)columns[k];
            kept.AsSpan(k * width, width).CopyTo(projection.AsSpan(before * width));
        }

        var scale = new PromptScale(stored.Floats("features.idf", deployment is null ? HashedText.Buckets : 0), stored.Floats("features.mark_means", PromptMarks.Count), stored.Floats("features.mark_scales", PromptMarks.Count));
        return new TrainedFeatures(scale, projection, width, need);
    }

    private static ModelTensor Tensor(string name, double[] values) => new(name, [values.Length], values);

    private static ModelTensor Tensor(string name, float[] values) => new(name, [values.Length], [.. values.Select(static v => (double)v)]);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
