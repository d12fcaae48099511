namespace Orchestration.Core.Routing.Policies;

/// <summary>What each rule reads of its policy: what it must be told, and what it may be told. Anything else is a mistake that would go unnoticed.</summary>
internal static class PolicyRules
{
    private static readonly Dictionary<RoutingRule, RuleOptions> All = new()
    {
        [RoutingRule.Best] = new("best", ["model"], ["experts"]),
        [RoutingRule.Cheapest] = new("cheapest", ["model", "threshold"], ["experts"]),
        [RoutingRule.NetValue] = new("net-value", ["model", "lambda"], ["experts"]),
        [RoutingRule.Nearest] = new("nearest", ["model"], ["experts", "count"]),
        [RoutingRule.Clusters] = new("clusters", ["model"], ["experts", "count"]),
        [RoutingRule.Skills] = new("skills", ["model"], ["experts"]),
        [RoutingRule.TwoModel] = new("two-model", ["model", "experts"], ["threshold"]),
        [RoutingRule.LinUcb] = new("lin-ucb", [], ["experts", "model", "lambda", "width"]),
        [RoutingRule.Thompson] = new("thompson", [], ["experts", "model", "lambda", "width"]),
        [RoutingRule.Cascade] = new("cascade", [], ["experts", "model", "threshold", "judges"]),
        [RoutingRule.BestOf] = new("best-of", [], ["experts", "model", "count", "judges"]),
        [RoutingRule.FusionOf] = new("fusion-of", ["synthesizer"], ["experts", "model", "count", "judges"]),
        [RoutingRule.Always] = new("always", ["experts"], []),
    };

    /// <summary>What a rule reads.</summary>
    public static RuleOptions Of(RoutingRule rule) => All[rule];

    /// <summary>What is wrong with a policy, each with the option it is about and a cure.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="stated">Its options as written, <c>rule</c> apart.</param>
    public static IEnumerable<(string Option, string Problem)> Problems(PolicyConfig policy, IReadOnlyCollection<string> stated)
    {
        var options = Of(policy.Rule);
        foreach (var option in stated)
        {
            if (!options.Needed.Contains(option, StringComparer.Ordinal) && !options.Read.Contains(option, StringComparer.Ordinal))
                yield return (option, $"is not read by the rule '{options.Name}', which reads {options.List()}. Take it out.");
        }

        foreach (var option in options.Needed)
        {
            if (!stated.Contains(option, StringComparer.Ordinal)) yield return (option, $"is missing: the rule '{options.Name}' needs it. {Cure(option)}");
        }

        if (policy.Rule == RoutingRule.Cheapest && policy.Threshold is < 0) yield return ("threshold", "is a quality for the rule 'cheapest', from 0 to 1.");
        if (policy.Rule == RoutingRule.Cascade && policy.Threshold is < 0) yield return ("threshold", "is a judge's score for the rule 'cascade', from 0 to 1.");
        if (policy.Rule is RoutingRule.BestOf or RoutingRule.FusionOf && policy.Count is < 2 or > 16) yield return ("count", "is how many answers are bought of each request, from 2 to 16.");
        if (policy.Rule == RoutingRule.TwoModel && policy.Experts.Count is not 0 and not 2) yield return ("experts", "names the weak expert and then the strong one, two in all.");
        if (policy.Rule == RoutingRule.Always && policy.Experts.Count > 1) yield return ("experts", "names one expert for the rule 'always'.");
    }

    /// <summary>The options that a policy made in code states: those that are not at their default.</summary>
    public static IReadOnlyCollection<string> Stated(PolicyConfig policy)
    {
        var stated = new List<string>();
        if (policy.Experts.Count != 0) stated.Add("experts");
        if (policy.Model is not null) stated.Add("model");
        if (policy.Threshold is not null) stated.Add("threshold");
        if (policy.Lambda != 0 || policy.Rule == RoutingRule.NetValue) stated.Add("lambda");
        if (policy.Count is not null) stated.Add("count");
        if (policy.Width is not null) stated.Add("width");
        if (policy.Judges is not null) stated.Add("judges");
        if (policy.Synthesizer is not null) stated.Add("synthesizer");
        return stated;
    }

    private static string Cure(string option) => option switch
    {
        "model" => "Train one with 'orchestrate route train --matrix FILE --out routing.bin' and write 'model: routing.bin'.",
        "threshold" => "Write the least predicted quality, such as 'threshold: 0.6'.",
        "lambda" => "Write what a US dollar is worth in quality, such as 'lambda: 50'.",
        "experts" => "Write 'experts: [EXPERT, …]'.",
        _ => "Name the expert that makes one answer of several: 'synthesizer: EXPERT'.",
    };
}

/// <summary>What a rule reads of its policy.</summary>
/// <param name="Name">As written.</param>
/// <param name="Needed">Options that it must be told.</param>
/// <param name="Read">Options that it may be told.</param>
internal sealed record RuleOptions(string Name, string[] Needed, string[] Read)
{
    public string List() => Needed.Length + Read.Length == 0 ? "no options" : string.Join(", ", Needed.Concat(Read).Order(StringComparer.Ordinal));
}
