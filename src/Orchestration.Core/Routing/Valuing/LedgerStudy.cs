using Orchestration.Learning.Intervals;
using Orchestration.Learning.Valuing;

namespace Orchestration.Core.Routing.Valuing;

/// <summary>What a policy, or an expert, is worth by logged decisions.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value; refused where the log does not hold what it would do.</param>
/// <param name="CostUsd">Mean expected cost of a request, US dollars; null where a candidate's is not known.</param>
public sealed record LedgerValue(string Name, Valuation Value, double? CostUsd);

/// <summary>Values policies and experts from logged decisions that were judged. Immutable.</summary>
public sealed class LedgerStudy
{
    private readonly IReadOnlyList<LoggedRoute> _routes;
    private readonly OffPolicyStudy _study;

    private LedgerStudy(IReadOnlyList<LoggedRoute> routes, IReadOnlyList<string> experts, OffPolicyStudy study, int decisions, string features) =>
        (_routes, Experts, _study, Decisions, FeaturesUsed) = (routes, experts, study, decisions, features);

    /// <summary>Experts that could be asked, by name.</summary>
    public IReadOnlyList<string> Experts { get; }

    /// <summary>Decisions read.</summary>
    public int Decisions { get; }

    /// <summary>Of them with a reward: what values rest on.</summary>
    public int Judged => _routes.Count;

    /// <summary>What the outcome model sees of a prompt: <c>logged</c> features, those <c>of the prompt</c>, or <c>none</c>.</summary>
    public string FeaturesUsed { get; }

    /// <summary>Fits the outcome model to the decisions that have a reward.</summary>
    /// <param name="decisions">Logged decisions.</param>
    /// <param name="features">Turns prompts into numbers where not every decision has features of one version; null for none.</param>
    /// <param name="options">How values are made.</param>
    /// <exception cref="OrchestrationException">No decision has a reward (<see cref="ErrorCodes.Input"/>).</exception>
    public static LedgerStudy Of(IReadOnlyList<LoggedRoute> decisions, IPromptFeatures? features, ValueOptions options)
    {
        LoggedRoute[] judged = [.. decisions.Where(static d => d.Reward is not null)];
        if (judged.Length == 0)
            throw new OrchestrationException(ErrorCodes.Input, $"None of the {decisions.Count} decisions has a reward, so nothing can be valued. Let the router judge a share of its answers (router.judging), and read the ledger again.");
        string[] experts = [.. judged.SelectMany(static d => d.Candidates.Select(static c => c.Expert)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var places = experts.Select(static (name, place) => (name, place)).ToDictionary(static e => e.name, static e => e.place, StringComparer.Ordinal);
        var (numbers, width, used) = Numbers(judged, features);
        var all = new double[judged.Length * experts.Length];
        for (var i = 0; i < judged.Length; i++)
        {
            foreach (var candidate in judged[i].Candidates) all[i * experts.Length + places[candidate.Expert]] = candidate.Probability;
        }

        var log = new LoggedDecisions(
            experts.Length, [.. judged.Select(d => places[d.Expert])], [.. judged.Select(static d => d.Probability)], [.. judged.Select(static d => d.Reward!.Value)], width, numbers,
            MetaEvaluation.FieldRows.Numbered(judged.Select(static d => d.GroupKey)).Of, all);
        return new LedgerStudy(judged, experts, new OffPolicyStudy(log, options), decisions.Count, used);
    }

    /// <summary>Every expert had it answered all that it could have been asked, beside the mean of what it was sent; in the order of <see cref="Experts"/>.</summary>
    public IReadOnlyList<ArmValue> ByExpert() => _study.Arms();

    /// <summary>The policy that made the log.</summary>
    public LedgerValue Logged() => Value("logged", static (route, target) =>
    {
        for (var i = 0; i < target.Length; i++) target[i] = route.Candidates[i].Probability;
    });

    /// <summary>Everybody who could be asked alike.</summary>
    public LedgerValue Uniform() => Value("random", static (route, target) => target.Fill(1.0 / route.Candidates.Count));

    /// <summary>One expert wherever it could be asked; where it could not, what the log did.</summary>
    /// <param name="expert">One of <see cref="Experts"/>.</param>
    public LedgerValue Always(string expert) => Value("always " + expert, (route, target) =>
    {
        var there = -1;
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = route.Candidates[i].Probability;
            if (route.Candidates[i].Expert == expert) there = i;
        }

        if (there < 0) return;
        target.Clear();
        target[there] = 1;
    });

    /// <summary>A policy: it is asked again for every decision, with those on offer who could be asked then, and the chances that it states are valued. Where it abstains the default is asked.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="defaultExpert">Asked where the policy abstains; null for whom it names first.</param>
    /// <exception cref="OrchestrationException">A decision has no prompt (<see cref="ErrorCodes.Input"/>).</exception>
    public LedgerValue Of(IRoutingPolicy policy, string? defaultExpert = null)
    {
        if (_routes.FirstOrDefault(static r => r.Prompt is null) is { } without)
        {
            throw new OrchestrationException(
                ErrorCodes.Input, $"Route {without.Id} was logged without its prompt, so policy '{policy.Name}' cannot be asked what it would have done. Keep texts (router.keep: text), or value 'random' and 'always' alone.");
        }

        return Value(policy.Name, (route, target) =>
        {
            var choice = policy.Choose(new RoutingQuestion
            {
                Prompt = new RoutingPrompt(route.Prompt!, (route.Prompt!.Length + 3) / 4),
                Offers = [.. route.Candidates.Select(static c => new ExpertOffer(c.Expert, c.CostUsd))],
            });
            if (choice.Kind != PlanKind.Single)
                throw new OrchestrationException(ErrorCodes.Usage, $"Policy '{policy.Name}' asks several experts for one answer; a log of single answers cannot say what that is worth. Value it on a routing matrix.");
            var instead = choice.IsAbstention && defaultExpert is not null && route.Candidates.Any(c => c.Expert == defaultExpert) ? defaultExpert : null;
            for (var i = 0; i < target.Length; i++)
            {
                var expert = route.Candidates[i].Expert;
                target[i] = instead is not null ? expert == instead ? 1 : 0 : choice.Estimates.Where(e => e.Expert == expert).Sum(static e => e.Probability);
            }
        });
    }

    private static (float[] Numbers, int Width, string Used) Numbers(LoggedRoute[] judged, IPromptFeatures? features)
    {
        var (version, width) = (judged[0].FeaturesVersion, judged[0].Features.Count);
        if (width > 0 && judged.All(d => d.FeaturesVersion == version && d.Features.Count == width)) return ([.. judged.SelectMany(static d => d.Features)], width, "logged");
        if (features is null || judged.Any(static d => d.Prompt is null)) return ([], 0, "none");
        var numbers = new float[judged.Length * features.Dimension];
        for (var i = 0; i < judged.Length; i++)
            features.Fill(new RoutingPrompt(judged[i].Prompt!), numbers.AsSpan(i * features.Dimension, features.Dimension));
        return (numbers, features.Dimension, "of the prompt");
    }

    /// <summary>Values what a rule would have done: it fills in one chance a candidate, in their order.</summary>
    private LedgerValue Value(string name, TargetRule rule)
    {
        var target = new double[_routes.Count * Experts.Count];
        var (cost, isKnown) = (0.0, true);
        for (var i = 0; i < _routes.Count; i++)
        {
            var route = _routes[i];
            var chances = new double[route.Candidates.Count];
            rule(route, chances);

            // Logged numbers are rounded: what is valued adds up to 1.
            var sum = chances.Sum();
            if (!(sum > 0)) throw new OrchestrationException(ErrorCodes.Usage, $"Policy '{name}' would ask none of those who could be asked for route {route.Id} ({string.Join(", ", route.Candidates.Select(static c => c.Expert))}).");
            for (var k = 0; k < chances.Length; k++)
            {
                var place = Place(route.Candidates[k].Expert);
                target[i * Experts.Count + place] = chances[k] / sum;
                if (chances[k] == 0) continue;
                if (route.Candidates[k].CostUsd is { } one) cost += chances[k] / sum * one / _routes.Count;
                else isKnown = false;
            }
        }

        return new LedgerValue(name, _study.Value(target), isKnown ? cost : null);
    }

    private int Place(string expert)
    {
        var (low, high) = (0, Experts.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(Experts[middle], expert) < 0) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private delegate void TargetRule(LoggedRoute route, Span<double> chances);
}
