using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Code;
using Orchestration.Core.Rubrics;

namespace Orchestration.Cli.Sweeps;

/// <summary>
/// The scale of a recorded judge by its name, from the first that knows it: <c>--scale</c>, the configuration's <c>judge-scales</c>, the product's
/// own code judges, the rubric it names (<c>truthfulness@anything</c>), and last <c>--scale '*=…'</c>.
/// </summary>
internal sealed class RecordedScales(IReadOnlyDictionary<string, Scale> options, IReadOnlyDictionary<string, Scale> configured, RubricLibrary rubrics)
    : IReadOnlyDictionary<string, Scale>
{
    private const string Others = "*";

    public IEnumerable<string> Keys => options.Keys.Concat(configured.Keys).Distinct(StringComparer.Ordinal);

    public IEnumerable<Scale> Values => Keys.Select(key => this[key]);

    public int Count => Keys.Count();

    public Scale this[string key] => TryGetValue(key, out var scale) ? scale : throw new KeyNotFoundException(key);

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out Scale value)
    {
        value = options.GetValueOrDefault(key) ?? configured.GetValueOrDefault(key) ?? CodeJudges.Find(key)?.Scale ?? OfRubric(key) ?? options.GetValueOrDefault(Others);
        return value is not null;
    }

    public IEnumerator<KeyValuePair<string, Scale>> GetEnumerator() => Keys.Select(key => KeyValuePair.Create(key, this[key])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // Columns of model judges are RUBRIC[:protocol]@DEPLOYMENT[/dimension].
    private Scale? OfRubric(string name)
    {
        var at = name.LastIndexOf('@');
        if (at < 0) return null;
        var id = name[..at].Split(':')[0];
        var slash = name.IndexOf('/', at);
        var dimension = slash < 0 ? null : name[(slash + 1)..];
        return rubrics.TryFind(id, out var rubric) ? rubric.Dimensions.FirstOrDefault(d => d.Name == dimension)?.Scale : null;
    }
}
