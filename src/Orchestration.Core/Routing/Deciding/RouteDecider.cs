using System.Globalization;

namespace Orchestration.Core.Routing.Deciding;

/// <summary>Makes one decision on one table: who is on offer, what the policy says, whether to explore, and who tries an expert that was down.</summary>
internal ref struct RouteDecider(RoutingTable table, RouteRequest request, Hash128 id, TimeProvider time)
{
    private readonly RouteDraws _draws = new(id);
    private readonly long _now = time.GetTimestamp();
    private readonly DateTimeOffset _at = time.GetUtcNow();
    private List<ExcludedExpert>? _excluded;
    private HashSet<string>? _taken;
    private bool _someMayBeTried;

    public RouteDecision Decide()
    {
        if (table.Policy(request.Model) is { } policy)
        {
            while (true)
            {
                if (ByPolicy(policy) is { } decision) return decision;
            }
        }

        if (table.Expert(request.Model) is not { } expert)
            throw new OrchestrationException(ErrorCodes.NotFound, $"No policy or expert is called '{request.Model}'. Name one of: {table.Names()}.");
        while (true)
        {
            if (ByName(expert) is { } decision) return decision;
        }
    }

    /// <summary>Null where another request took the turn to try an expert: it is decided again without it.</summary>
    private RouteDecision? ByPolicy(PolicyEntry entry)
    {
        (_excluded, _someMayBeTried) = (null, false);
        var offers = Offers(entry.Among);
        if (offers.Length == 0) throw Nobody();
        var policy = entry.Policy;
        var choice = policy.Choose(new RoutingQuestion { Prompt = request.Prompt, Offers = offers, Draw = _draws.Policy });
        if (choice.Experts.Count == 0 || !IsOffered(offers, choice.Experts[0]))
            throw new InvalidOperationException($"The policy '{policy.Name}' chose {(choice.Experts.Count == 0 ? "nobody" : $"'{choice.Experts[0]}', which is not on offer")}.");

        var share = offers.Length > 1 ? table.Setup.Config.Explore : 0;
        var instead = choice.IsAbstention ? DefaultIfOffered(offers) : null;
        var explores = share > 0 && _draws.Explore < share;
        var expert = explores ? offers[Math.Min((int)(_draws.Which * offers.Length), offers.Length - 1)].Expert : instead?.Name ?? choice.Experts[0];
        var estimates = choice.Estimates;
        if (share > 0 || instead is not null) estimates = Mixed(choice, offers, share, instead);
        if (explores || instead is not null)
        {
            choice = choice with
            {
                Kind = PlanKind.Single,
                Count = 1,
                Experts = Before(expert, choice.Experts),
                Estimates = estimates,
                Reason = explores
                    ? string.Create(CultureInfo.InvariantCulture, $"explored: drawn among {offers.Length}; the policy's choice was {instead?.Name ?? choice.Experts[0]} ({choice.Reason})")
                    : choice.Reason,
            };
        }
        else if (share > 0)
        {
            choice = choice with { Estimates = estimates };
        }

        choice = WithFallback(choice);
        if (_someMayBeTried)
        {
            if (TakeTurns(choice) is not { } tried) return null;
            choice = tried;
        }

        return Decision(policy, choice, explores, ProbabilityOf(choice));
    }

    private RouteDecision? ByName(ExpertEntry named)
    {
        (_excluded, _someMayBeTried) = (null, false);
        var experts = new List<string>(1 + named.Config.Fallback.Count);
        if (Takes(named)) experts.Add(named.Name);
        foreach (var name in named.Config.Fallback)
        {
            if (table.Expert(name) is { } other && Takes(other)) experts.Add(name);
        }

        if (experts.Count == 0) throw Nobody();
        var first = table.Expert(experts[0])!;
        var choice = new RoutingChoice
        {
            Experts = experts,
            Estimates = [new ExpertEstimate(first.Name, double.NaN, double.NaN, double.NaN, first.Expected(request.Prompt), 1)],
            Reason = first == named ? "named by the request" : $"{named.Name} is not on offer: its fallback",
        };
        if (_someMayBeTried)
        {
            if (TakeTurns(choice) is not { } tried) return null;
            choice = tried;
        }

        return Decision(null, choice, false, 1);
    }

    private RouteDecision Decision(IRoutingPolicy? policy, RoutingChoice choice, bool explores, double probability) => new()
    {
        Id = RouteId.Format(id),
        At = _at,
        Key = request.Key,
        Policy = policy?.Name ?? "",
        PolicyVersion = policy?.Version ?? "",
        FeaturesVersion = policy?.FeaturesVersion ?? "",
        Choice = choice,
        Excluded = _excluded is null ? [] : _excluded,
        IsExploration = explores,
        Probability = probability,
        IsSampled = table.Setup.Config.Judges is not null && _draws.Sample < table.Setup.Config.JudgeShare,
    };

    private ExpertOffer[] Offers(ExpertEntry[] among)
    {
        var offers = new ExpertOffer[among.Length];
        var count = 0;
        foreach (var expert in among)
        {
            if (Takes(expert)) offers[count++] = new ExpertOffer(expert.Name, expert.Expected(request.Prompt));
        }

        return count == offers.Length ? offers : offers[..count];
    }

    private bool Takes(ExpertEntry expert)
    {
        var mayBeTried = false;
        var reason = _taken is not null && _taken.Contains(expert.Name) ? "cooling down: one request is trying it" : expert.Refusal(request, _now, out mayBeTried);
        _someMayBeTried |= mayBeTried;
        if (reason is null) return true;
        (_excluded ??= []).Add(new ExcludedExpert(expert.Name, reason));
        return false;
    }

    /// <summary>The default expert, where it can be asked: on offer, or outside the policy's experts and able to.</summary>
    private ExpertEntry? DefaultIfOffered(ExpertOffer[] offers)
    {
        if (IsOffered(offers, table.Default.Name)) return table.Default;
        foreach (var excluded in _excluded ?? [])
        {
            if (excluded.Expert == table.Default.Name) return null;
        }

        return Takes(table.Default) ? table.Default : null;
    }

    /// <summary>The estimates with the probability that each expert is asked first, exploring and abstaining included.</summary>
    private readonly ExpertEstimate[] Mixed(RoutingChoice choice, ExpertOffer[] offers, double share, ExpertEntry? instead)
    {
        var isOutside = instead is not null && !choice.Estimates.Any(e => e.Expert == instead.Name);
        var mixed = new ExpertEstimate[choice.Estimates.Count + (isOutside ? 1 : 0)];
        for (var i = 0; i < choice.Estimates.Count; i++)
        {
            var estimate = choice.Estimates[i];
            var probability = instead is null ? estimate.Probability : estimate.Expert == instead.Name ? 1 : 0;
            mixed[i] = estimate with { Probability = ((1 - share) * probability) + (IsOffered(offers, estimate.Expert) ? share / offers.Length : 0) };
        }

        if (isOutside)
        {
            var explored = IsOffered(offers, instead!.Name) ? share / offers.Length : 0;
            mixed[^1] = new ExpertEstimate(instead.Name, double.NaN, double.NaN, double.NaN, instead.Expected(request.Prompt), 1 - share + explored);
        }

        return mixed;
    }

    /// <summary>Whoever is asked where the first cannot answer: its own fallback, where it has one.</summary>
    private RoutingChoice WithFallback(RoutingChoice choice)
    {
        if (choice.Kind != PlanKind.Single || table.Expert(choice.Experts[0])!.Config.Fallback is not { Count: > 0 } fallback) return choice;
        var experts = new List<string>(1 + fallback.Count) { choice.Experts[0] };
        foreach (var name in fallback)
        {
            if (table.Expert(name) is { } other && other.Refusal(request, _now, out var mayBeTried) is null && !mayBeTried) experts.Add(name);
        }

        return choice with { Experts = experts };
    }

    /// <summary>
    /// An expert that was down is tried by one request at a time, which asks it first; it is nobody's fallback before it has answered. Null where another request took its turn.
    /// </summary>
    private RoutingChoice? TakeTurns(RoutingChoice choice)
    {
        var together = choice.Kind is PlanKind.BestOf or PlanKind.FusionOf ? choice.Count : 1;
        List<string>? kept = null;
        for (var i = 0; i < choice.Experts.Count; i++)
        {
            var entry = table.Expert(choice.Experts[i])!;
            var isDown = entry.Record.Health.Stand(_now) != Health.Standing.Healthy;
            if (isDown && i < together)
            {
                if (!entry.Record.Health.TryTake(_now))
                {
                    (_taken ??= new HashSet<string>(StringComparer.Ordinal)).Add(entry.Name);
                    return null;
                }

                isDown = false;
            }

            if (isDown) kept ??= [.. choice.Experts.Take(i)];
            else kept?.Add(entry.Name);
        }

        return kept is null ? choice : choice with { Experts = kept };
    }

    private readonly NoExpertException Nobody()
    {
        TimeSpan? soonest = null;
        var isHeld = false;
        foreach (var excluded in _excluded!)
        {
            var expert = table.Expert(excluded.Expert)!;
            isHeld |= expert.Quarantine is not null;
            if (!excluded.Reason.StartsWith("cooling", StringComparison.Ordinal)) continue;
            var wait = expert.Record.Health.Wait(_now);
            if (wait < TimeSpan.FromSeconds(1)) wait = TimeSpan.FromSeconds(1);
            if (soonest is null || wait < soonest) soonest = wait;
        }

        var when = soonest is { } s
            ? string.Create(CultureInfo.InvariantCulture, $" Ask again in {Math.Ceiling(s.TotalSeconds):0} s, after {_at + s:yyyy-MM-dd'T'HH:mm:ss'Z'}.")
            : isHeld ? " Release it (orchestrate route release), or name another model."
            : " Waiting does not help: shorten the prompt, raise the limit, or name another model.";
        return new NoExpertException(
            $"No expert can answer '{request.Model}' now: {string.Join("; ", _excluded!.Select(static e => $"{e.Expert}: {e.Reason}"))}.{when}", _excluded!, soonest, isHeld);
    }

    private static double ProbabilityOf(RoutingChoice choice)
    {
        foreach (var estimate in choice.Estimates)
        {
            if (estimate.Expert == choice.Experts[0]) return estimate.Probability;
        }

        throw new InvalidOperationException($"A policy chose '{choice.Experts[0]}' without an estimate of it.");
    }

    private static bool IsOffered(ExpertOffer[] offers, string expert)
    {
        foreach (var offer in offers)
        {
            if (offer.Expert == expert) return true;
        }

        return false;
    }

    private static string[] Before(string first, IReadOnlyList<string> experts)
    {
        var result = new List<string>(experts.Count + 1) { first };
        foreach (var expert in experts)
        {
            if (expert != first) result.Add(expert);
        }

        return [.. result];
    }
}
