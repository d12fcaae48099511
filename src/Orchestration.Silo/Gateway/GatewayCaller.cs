namespace Orchestration.Silo.Gateway;

/// <summary>Who asks, as far as the gateway has to know.</summary>
/// <param name="Key">The key's id; empty without keys.</param>
/// <param name="UsdPerDay">US dollars that the key may spend a day; null for no cap.</param>
/// <param name="Models">Policies and experts that the key may name; empty for all.</param>
/// <param name="SeesAll">True where it may read of the routes of other keys.</param>
internal sealed record GatewayCaller(string Key, decimal? UsdPerDay, IReadOnlyList<string> Models, bool SeesAll)
{
    /// <summary>Somebody, where no keys are asked for.</summary>
    public static GatewayCaller Anybody { get; } = new("", null, [], true);

    /// <summary>True where it may read of a route of this key.</summary>
    public bool Sees(string key) => SeesAll || key == Key;

    /// <summary>True where it may name a policy or an expert.</summary>
    public bool May(string model) => Models.Count == 0 || Models.Contains(model, StringComparer.Ordinal);
}
