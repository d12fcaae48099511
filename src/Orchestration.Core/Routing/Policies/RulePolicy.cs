using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orchestration.Core.Routing.Features;
using Orchestration.Core.Routing.Models;

namespace Orchestration.Core.Routing.Policies;

/// <summary>A policy that follows a rule on what a routing model predicts, or, for some plans, on order and price alone. Immutable.</summary>
internal sealed class RulePolicy : IEmbeddedPolicy
{
    /// <summary>Score at which a cascade accepts an answer unless told otherwise.</summary>
    public const double DefaultCascadeThreshold = 0.7;

    /// <summary>Answers of best-of and fusion-of unless told otherwise.</summary>
    public const int DefaultCount = 2;

    private readonly PolicyConfig _policy;
    private readonly RoutingModel? _model;
    private readonly RoutingHead? _head;
    private readonly Dictionary<string, int> _placeInModel = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _order = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool[]> _hasSkill = new(StringComparer.Ordinal);

    public RulePolicy(PolicyConfig policy, IReadOnlyList<string> experts, IReadOnlyDictionary<string, IReadOnlyList<string>> skills, RoutingModel? model)
    {
        (_policy, _model) = (policy, model);
        _head = policy.Rule switch { RoutingRule.Nearest => RoutingHead.Nearest, RoutingRule.Clusters => RoutingHead.Clusters, RoutingRule.Skills => RoutingHead.Skills, _ => null };
        for (var i = 0; i < experts.Count; i++) _order.TryAdd(experts[i], i);
        for (var m = 0; m < (model?.Experts.Count ?? 0); m++) _placeInModel[model!.Experts[m]] = m;
        if (policy.Rule == RoutingRule.Skills)
        {
            foreach (var expert in experts) _hasSkill[expert] = [.. model!.Tasks.Select(t => skills.GetValueOrDefault(expert)?.Contains(t, StringComparer.Ordinal) ?? false)];
        }

        var skillText = policy.Rule == RoutingRule.Skills ? string.Join(';', experts.Select(e => $"{e}={string.Join(',', skills.GetValueOrDefault(e) ?? [])}")) : "";
        var facts = string.Create(
            CultureInfo.InvariantCulture,
            $"rule 1\n{policy.Rule}\n{string.Join('\n', experts)}\n{model?.Version}\n{policy.Threshold:R}\n{policy.Lambda:R}\n{policy.Count}\n{policy.Judges}\n{policy.Synthesizer}\n{skillText}");
        Version = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(facts)));
    }

    /// <inheritdoc/>
    public string Name => _policy.Name;

    /// <inheritdoc/>
    public string Version { get; }

    /// <inheritdoc/>
    public string FeaturesVersion => _model?.Features.Version ?? "";

    /// <inheritdoc/>
    public EmbeddingNeed? Embedding => _model?.Embedding;

    /// <inheritdoc/>
    public RoutingChoice Choose(RoutingQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        var offers = question.Offers;
        if (offers.Count == 0) throw new ArgumentException("A policy is asked with at least one expert on offer.", nameof(question));
        var count = offers.Count;
        Span<double> keys = count <= 64 ? stackalloc double[count] : new double[count];
        var estimates = new ExpertEstimate[count];
        var prediction = Estimate(question, estimates);
        var order = new int[count];
        for (var i = 0; i < count; i++) order[i] = i;
        var reason = Keys(question, estimates, prediction, keys);
        Sort(order, keys, offers);

        // An abstention asks whoever was best over the history, in case there is no default expert on offer.
        var isPlan = _policy.Rule is RoutingRule.Cascade or RoutingRule.BestOf or RoutingRule.FusionOf;
        var abstains = _model is not null && !prediction.IsFamiliar && !isPlan;
        var missing = prediction.IsMeasured ? "" : $"no embedding of the prompt ({question.Prompt.EmbeddingProblem ?? "none was asked for"})";
        var experts = new string[count];
        for (var i = 0; i < count; i++) experts[i] = offers[order[i]].Expert;
        estimates[order[0]] = estimates[order[0]] with { Probability = 1 };
        return new RoutingChoice
        {
            Kind = _policy.Rule switch { RoutingRule.Cascade => PlanKind.Cascade, RoutingRule.BestOf => PlanKind.BestOf, RoutingRule.FusionOf => PlanKind.FusionOf, _ => PlanKind.Single },
            Experts = experts,
            Estimates = estimates,
            Reason = abstains ? $"abstained: {(missing.Length == 0 ? "nothing like it in the history" : missing)}" : missing.Length == 0 ? reason : $"{reason}, by the means of the history: {missing}",
            IsAbstention = abstains,
            Threshold = _policy.Rule == RoutingRule.Cascade ? _policy.Threshold ?? DefaultCascadeThreshold : 0,
            Count = _policy.Rule is RoutingRule.BestOf or RoutingRule.FusionOf ? Math.Min(count, _policy.Count ?? DefaultCount) : 1,
            Synthesizer = _policy.Synthesizer,
            Judges = _policy.Judges,
        };
    }

    // Fills in what the model predicts of each expert on offer; one that it does not know has no quality.
    private RoutingPrediction Estimate(RoutingQuestion question, ExpertEstimate[] estimates)
    {
        var offers = question.Offers;
        if (_model is null)
        {
            for (var i = 0; i < estimates.Length; i++) estimates[i] = new ExpertEstimate(offers[i].Expert, double.NaN, double.NaN, double.NaN, offers[i].CostUsd, 0);
            return new RoutingPrediction(1, -1, true, true);
        }

        Span<double> quality = stackalloc double[_model.Experts.Count];
        var prediction = _model.Predict(question.Prompt, _head, quality);
        if (!prediction.IsFamiliar)
        {
            for (var m = 0; m < quality.Length; m++) quality[m] = _model.Means[m];
        }

        for (var i = 0; i < estimates.Length; i++)
        {
            if (!_placeInModel.TryGetValue(offers[i].Expert, out var place))
            {
                estimates[i] = new ExpertEstimate(offers[i].Expert, double.NaN, double.NaN, double.NaN, offers[i].CostUsd, 0);
                continue;
            }

            var (lower, upper) = _model.Interval(place, quality[place], _head, prediction.IsFamiliar);
            estimates[i] = new ExpertEstimate(offers[i].Expert, quality[place], lower, upper, offers[i].CostUsd, 0);
        }

        return prediction;
    }

    // A key for each expert, the largest first; and the rule in words.
    private string Keys(RoutingQuestion question, ExpertEstimate[] estimates, RoutingPrediction prediction, Span<double> keys)
    {
        for (var i = 0; i < keys.Length; i++) keys[i] = double.IsNaN(estimates[i].Quality) ? double.NegativeInfinity : estimates[i].Quality;
        switch (_policy.Rule)
        {
            case RoutingRule.Always:
                for (var i = 0; i < keys.Length; i++) keys[i] = -_order.GetValueOrDefault(estimates[i].Expert, int.MaxValue);
                return "always this expert";
            case RoutingRule.Cheapest:
                return Cheapest(estimates, keys);
            case RoutingRule.NetValue:
                var dearest = Dearest(estimates);
                for (var i = 0; i < keys.Length; i++) keys[i] -= _policy.Lambda * (estimates[i].CostUsd ?? dearest);
                return string.Create(CultureInfo.InvariantCulture, $"largest predicted quality less {_policy.Lambda} × cost");
            case RoutingRule.TwoModel:
                return TwoModel(estimates, keys);
            case RoutingRule.Skills:
                return Skilled(estimates, prediction.IsFamiliar ? prediction.Task : -1, keys);
            case RoutingRule.Nearest:
                return "best mean quality over the nearest prompts of the history";
            case RoutingRule.Clusters:
                return "best mean quality in the prompt's cluster of the history";
            case RoutingRule.Cascade:
                var most = Dearest(estimates);
                for (var i = 0; i < keys.Length; i++) keys[i] = _policy.Experts.Count != 0 ? -_order.GetValueOrDefault(estimates[i].Expert, int.MaxValue) : -(estimates[i].CostUsd ?? most);
                return _policy.Experts.Count != 0 ? "cascade, in the order of the policy" : "cascade, from cheap to dear";
            case RoutingRule.BestOf or RoutingRule.FusionOf:
                for (var i = 0; _model is null && i < keys.Length; i++) keys[i] = -_order.GetValueOrDefault(estimates[i].Expert, int.MaxValue);
                return _policy.Rule == RoutingRule.BestOf ? "several answers, the best by judges" : "several answers made into one";
            default:
                return "best predicted quality";
        }
    }

    private string Cheapest(ExpertEstimate[] estimates, Span<double> keys)
    {
        var (threshold, dearest, anyone) = (_policy.Threshold!.Value, Dearest(estimates), false);
        foreach (var key in keys) anyone |= key >= threshold;
        if (!anyone) return string.Create(CultureInfo.InvariantCulture, $"best predicted quality: nobody's is at least {threshold}");

        // Behind those that are good enough come the others, the best first.
        for (var i = 0; i < keys.Length; i++) keys[i] = keys[i] >= threshold ? 2 + 1 / (1 + (estimates[i].CostUsd ?? 2 * dearest)) : keys[i];
        return string.Create(CultureInfo.InvariantCulture, $"the cheapest with predicted quality of at least {threshold}");
    }

    private string TwoModel(ExpertEstimate[] estimates, Span<double> keys)
    {
        var (weak, strong) = (-1, -1);
        for (var i = 0; i < estimates.Length; i++)
        {
            if (_order.GetValueOrDefault(estimates[i].Expert, -1) == 0) weak = i;
            if (_order.GetValueOrDefault(estimates[i].Expert, -1) == 1) strong = i;
        }

        if (weak < 0 || strong < 0) return "the other one is not on offer";
        var gain = estimates[strong].Quality - estimates[weak].Quality;
        var threshold = _policy.Threshold ?? 0;
        (keys[weak], keys[strong]) = gain >= threshold ? (0, 1) : (1, 0);
        return string.Create(CultureInfo.InvariantCulture, $"predicted gain {gain:0.000} of the strong one is {(gain >= threshold ? "at least" : "below")} {threshold}");
    }

    private string Skilled(ExpertEstimate[] estimates, int task, Span<double> keys)
    {
        if (task < 0) return "best over the history: no task is inferred";
        var name = _model!.Tasks[task];
        var skilled = 0;
        for (var i = 0; i < keys.Length; i++)
        {
            if (!Has(estimates[i].Expert, task)) continue;
            keys[i] += 10;
            skilled++;
        }

        return skilled == 0 ? $"best over the inferred tasks, the likeliest of them '{name}'" : $"best of those with the skill '{name}', as inferred";
    }

    private bool Has(string expert, int task) => _hasSkill.TryGetValue(expert, out var has) && has[task];

    // Who states no price is not thereby free: it counts as the dearest on offer.
    private static double Dearest(ExpertEstimate[] estimates)
    {
        var dearest = 0.0;
        foreach (var estimate in estimates) dearest = Math.Max(dearest, estimate.CostUsd ?? 0);
        return dearest;
    }

    // The largest key first; of equals the cheaper, then the one that the policy names first. Nine experts: insertion is quickest.
    private void Sort(int[] order, Span<double> keys, IReadOnlyList<ExpertOffer> offers)
    {
        for (var i = 1; i < order.Length; i++)
        {
            var moved = order[i];
            var at = i;
            for (; at > 0 && Precedes(moved, order[at - 1], keys, offers); at--) order[at] = order[at - 1];
            order[at] = moved;
        }
    }

    private bool Precedes(int a, int b, Span<double> keys, IReadOnlyList<ExpertOffer> offers)
    {
        if (keys[a] != keys[b]) return keys[a] > keys[b];
        var (costA, costB) = (offers[a].CostUsd ?? double.MaxValue, offers[b].CostUsd ?? double.MaxValue);
        if (costA != costB) return costA < costB;
        return _order.GetValueOrDefault(offers[a].Expert, int.MaxValue) < _order.GetValueOrDefault(offers[b].Expert, int.MaxValue);
    }
}
