using Orchestration.Core.Routing;
using Orchestration.Silo.Gateway.Calls;
using Orchestration.Silo.Gateway.Errors;
using Orchestration.Silo.Gateway.Money;

namespace Orchestration.Silo.Gateway.Plans;

/// <summary>One request on its way: its decision, the calls made for it, and what judges said of them.</summary>
internal sealed class RouteRun(RouteDecision decision, CallOrder order, IReadOnlyList<ExpertEntry> experts)
{
    private readonly List<Task> _losers = [];

    public RouteDecision Decision { get; } = decision;

    public CallOrder Order { get; } = order;

    /// <summary>The experts of the plan, in its order.</summary>
    public IReadOnlyList<ExpertEntry> Experts { get; } = experts;

    /// <summary>When no further call is worth starting.</summary>
    public DateTimeOffset Deadline { get; init; }

    /// <summary>The call for the prompt's embedding; null where none was made.</summary>
    public RouteStep? Embedding { get; init; }

    /// <summary>Judges whose scores took part in choosing the answer.</summary>
    public IReadOnlyList<string> ChosenBy { get; set; } = [];

    public string? AggregatorVersion { get; set; }

    /// <summary>A candidate's refusal of the request itself, told where no other candidate answers.</summary>
    public ExpertAnswer? Refused { get; set; }

    /// <summary>The last budget that stood in the way; null where none did.</summary>
    public BudgetReachedException? Budget { get; set; }

    /// <summary>What is told where nobody answered.</summary>
    public GatewayError? LastError { get; private set; }

    /// <summary>Ends a call whose answer is not returned.</summary>
    public ValueTask DropAsync(ExpertAnswer answer)
    {
        // Busy is said rather than broken: it tells when to come back.
        if (answer.Error is { } error && (LastError is null || error.RetryAfter is not null || LastError.RetryAfter is null)) LastError = error;
        return answer.DisposeAsync();
    }

    /// <summary>Ends a call behind the answer's back.</summary>
    public void DropLater(Task task) => _losers.Add(task);

    /// <summary>Ends all calls, and waits for those that were let go.</summary>
    /// <returns>All of them, as the books have them.</returns>
    public async ValueTask<IReadOnlyList<RouteStep>> EndAsync()
    {
        if (_losers.Count > 0) await Task.WhenAll(_losers);
        var answers = Order.Answers;
        var before = Embedding is null ? 0 : 1;
        var steps = new RouteStep[before + answers.Count];
        if (Embedding is { } embedding) steps[0] = embedding;
        for (var i = 0; i < answers.Count; i++)
        {
            await answers[i].DisposeAsync();
            steps[before + i] = answers[i].Step;
        }

        return steps;
    }

    /// <summary>US dollars of the calls but the answer's, as far as they are known.</summary>
    public decimal KnownUsd
    {
        get
        {
            var sum = Embedding?.CostUsd ?? 0;
            foreach (var answer in Order.Answers)
            {
                if (answer.IsOver) sum += answer.Step.CostUsd;
            }

            return sum;
        }
    }
}
