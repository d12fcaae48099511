namespace Orchestration.Core.MetaEvaluation;

/// <summary>Numbers for names, in order of first appearance.</summary>
internal sealed class Names
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];

    /// <summary>All names.</summary>
    public IReadOnlyList<string> All => _names;

    /// <summary>The number of a name, a new one where it is new.</summary>
    public int Of(string name)
    {
        if (_numbers.TryGetValue(name, out var number)) return number;
        _numbers.Add(name, _names.Count);
        _names.Add(name);
        return _names.Count - 1;
    }

    /// <summary>The number of a name; −1 where it was never met.</summary>
    public int Find(string name) => _numbers.GetValueOrDefault(name, -1);
}
