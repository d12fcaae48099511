using System.Diagnostics.CodeAnalysis;
using Orchestration.Core.Configuration;

namespace Orchestration.Core.Rubrics;

/// <summary>A set of rubrics by id. Immutable.</summary>
public sealed class RubricLibrary
{
    private const string ResourcePrefix = "rubrics/";

    private static readonly Lazy<RubricLibrary> Shipped = new(ReadShipped);

    private readonly SortedDictionary<string, Rubric> _byId;

    private RubricLibrary(IEnumerable<Rubric> rubrics)
    {
        _byId = new(StringComparer.Ordinal);
        foreach (var rubric in rubrics)
        {
            if (!_byId.TryAdd(rubric.Id, rubric))
            {
                throw new OrchestrationException(
                    ErrorCodes.Rubric,
                    $"{rubric.File}: id '{rubric.Id}' is that of {_byId[rubric.Id].File} too. "
                    + "Ids are columns of the results: give one of the two another id.");
            }
        }

        Rubrics = [.. _byId.Values];
    }

    /// <summary>The rubrics that ship with the product, whatever the current folder is.</summary>
    public static RubricLibrary Builtin => Shipped.Value;

    /// <summary>All rubrics, in ordinal order of their ids.</summary>
    public IReadOnlyList<Rubric> Rubrics { get; }

    /// <summary>
    /// Reads every <c>*.md</c> of a folder but <c>README.md</c>, and every compiled <c>*.bundle.json</c>; not the folders inside it.
    /// </summary>
    /// <exception cref="OrchestrationException">
    /// <see cref="ErrorCodes.Input"/>: the folder or a file cannot be read. <see cref="ErrorCodes.Rubric"/>: a file does not follow the
    /// format, or two have the same id; the message names the files.
    /// </exception>
    public static RubricLibrary Load(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        try
        {
            // A folder's own order differs between machines, and with it which of two faults is reported.
            var files = Directory.GetFiles(folder, "*.md").Where(IsRubric)
                .Concat(Directory.GetFiles(folder, "*" + RubricBundle.FileSuffix)).Order(StringComparer.Ordinal);
            return new RubricLibrary(files.Select(file => RubricFile.Parse(file, File.ReadAllBytes(file))));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(
                ErrorCodes.Input,
                $"{folder}: the rubrics cannot be read: {fault.Message} Name a folder that holds rubrics as *.md.",
                fault);
        }
    }

    /// <summary>
    /// These rubrics and the others; where both have an id, the other's rubric is taken: a user's folder over the built-in ones.
    /// </summary>
    public RubricLibrary With(RubricLibrary overriding)
    {
        ArgumentNullException.ThrowIfNull(overriding);
        return new RubricLibrary(Rubrics.Where(r => !overriding._byId.ContainsKey(r.Id)).Concat(overriding.Rubrics));
    }

    /// <summary>Looks for a rubric by its exact id.</summary>
    public bool TryFind(string id, [NotNullWhen(true)] out Rubric? rubric) => _byId.TryGetValue(id, out rubric);

    /// <summary>The rubric with this id.</summary>
    /// <exception cref="OrchestrationException">
    /// <see cref="ErrorCodes.NotFound"/>: there is none; the message suggests the nearest id.
    /// </exception>
    public Rubric Find(string id)
    {
        if (TryFind(id, out var rubric)) return rubric;
        var nearest = NearestName.Of(id, _byId.Keys);
        throw new OrchestrationException(
            ErrorCodes.NotFound,
            $"no rubric '{id}'. {(nearest is null ? "" : $"Did you mean '{nearest}'? ")}`orchestrate rubric list` shows those there are.");
    }

    private static bool IsRubric(string file) => !string.Equals(Path.GetFileName(file), "README.md", StringComparison.OrdinalIgnoreCase);

    private static RubricLibrary ReadShipped()
    {
        var assembly = typeof(RubricLibrary).Assembly;
        var names = assembly.GetManifestResourceNames().Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal) && IsRubric(n));
        return new RubricLibrary(names.Select(name =>
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            return RubricFile.Parse(name, bytes.ToArray());
        }));
    }
}
