using System.Collections.Frozen;

namespace Orchestration.Core.Routing.Deciding;

/// <summary>A policy and the experts that it picks among.</summary>
internal sealed record PolicyEntry(IRoutingPolicy Policy, ExpertEntry[] Among);

/// <summary>What decisions are made with: one setup, its policies and who is quarantined. Replaced whole, never changed.</summary>
internal sealed class RoutingTable
{
    private readonly FrozenDictionary<string, PolicyEntry> _policies;
    private readonly FrozenDictionary<string, ExpertEntry> _experts;

    public RoutingTable(RouterSetup setup, IReadOnlyDictionary<string, string> quarantined, Func<string, ExpertRecord> recordOf)
    {
        Setup = setup;
        Quarantined = quarantined;
        var entries = setup.Config.Experts.Select(e => new ExpertEntry(e, setup.Terms.GetValueOrDefault(e.Name) ?? new ExpertTerms(null, false), recordOf(e.Name), quarantined.GetValueOrDefault(e.Name))).ToArray();
        Experts = entries;
        _experts = entries.ToFrozenDictionary(static e => e.Name, StringComparer.Ordinal);
        Default = _experts[setup.Config.DefaultExpert ?? entries[0].Name];
        var policies = new Dictionary<string, PolicyEntry>(StringComparer.Ordinal);
        foreach (var (name, policy) in setup.Policies)
        {
            var among = setup.Config.Policies.GetValueOrDefault(name)?.Experts ?? [];
            policies[name] = new PolicyEntry(policy, among.Count == 0 ? entries : [.. among.Select(e => _experts[e])]);
        }

        policies.TryAdd(RouterConfig.DefaultPolicy, new PolicyEntry(new DefaultExpertPolicy(Default.Name), entries));
        _policies = policies.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public RouterSetup Setup { get; }

    public IReadOnlyDictionary<string, string> Quarantined { get; }

    public ExpertEntry[] Experts { get; }

    public ExpertEntry Default { get; }

    public IEnumerable<IRoutingPolicy> Policies => _policies.Values.Select(static p => p.Policy);

    /// <summary>The policy that a request's model names: <c>auto</c>, <c>auto:NAME</c>; null where it names none.</summary>
    public PolicyEntry? Policy(string model)
    {
        if (model == RouterConfig.DefaultPolicy) return _policies[model];
        const string Named = RouterConfig.DefaultPolicy + ":";
        return model.StartsWith(Named, StringComparison.Ordinal) ? _policies.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(model.AsSpan(Named.Length), out var entry) ? entry : null : null;
    }

    /// <summary>The expert with this name; null where there is none.</summary>
    public ExpertEntry? Expert(string name) => _experts.GetValueOrDefault(name);

    /// <summary>What a request may name, for messages.</summary>
    public string Names() => string.Join(
        ", ", _policies.Keys.Order(StringComparer.Ordinal).Select(static name => name == RouterConfig.DefaultPolicy ? name : $"{RouterConfig.DefaultPolicy}:{name}").Concat(Experts.Select(static e => e.Name)));
}
