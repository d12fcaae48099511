using Orchestration.Silo.Gateway.Bodies;
using Orchestration.Silo.Gateway.Money;

namespace Orchestration.Silo.Gateway.Calls;

/// <summary>What all calls of one request have in common.</summary>
/// <param name="Body">The client's body.</param>
/// <param name="Payers">Who pays.</param>
/// <param name="Key">The key's id; empty without keys. Calls that wait are served fairly by it.</param>
/// <param name="WantsText">True where somebody will read the answer: judges, or what is kept.</param>
internal sealed record CallOrder(ChatBody Body, IReadOnlyList<BudgetPayer> Payers, string Key, bool WantsText)
{
    /// <summary>True where a budget of the payers has a cap.</summary>
    public bool HasBudget { get; } = Payers.Any(static payer => payer.UsdPerDay is not null);

    private readonly List<ExpertAnswer> _answers = new(1);

    /// <summary>What came of every call so far, in the order in which they ended or began to answer. None is ever lost: they are all settled with the request at the latest.</summary>
    public IReadOnlyList<ExpertAnswer> Answers
    {
        get { lock (_answers) return [.. _answers]; }
    }

    public ExpertAnswer Note(ExpertAnswer answer)
    {
        lock (_answers) _answers.Add(answer);
        return answer;
    }
}

/// <summary>One call of a plan.</summary>
/// <param name="Expert">Who is asked.</param>
/// <param name="Role">Why: <c>first</c>, <c>fallback</c>, <c>hedge</c>, <c>escalation</c>, <c>candidate</c>, <c>synthesizer</c>.</param>
/// <param name="IsLast">True where nobody else can be asked instead: it is worth waiting.</param>
/// <param name="Message">A user message to add at the end; null for none.</param>
internal sealed record CallPlan(ExpertEntry Expert, string Role, bool IsLast, string? Message = null);
