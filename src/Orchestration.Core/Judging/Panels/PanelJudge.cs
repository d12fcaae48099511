using System.Globalization;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Panels;

/// <summary>
/// Several judges over one rubric, in rounds: a jury where there is one round, a debate where there are more. Every call of a member is a stored
/// judgment at an address of its own; the panel's judgment is computed from what the store returns. docs/design/panels.md has the rules.
/// </summary>
public sealed class PanelJudge : IJudge
{
    private readonly Rubric _rubric;
    private readonly JudgmentPurchases _purchases;
    private readonly PanelFinal _final;
    private readonly double? _minShare;

    /// <summary>Creates the panel.</summary>
    /// <param name="id">Its id, which is also that of its members: what they take is the panel's.</param>
    /// <param name="rubric">What all of them judge by.</param>
    /// <param name="members">At least two, none the same as another, all with the panel's id and rubric.</param>
    /// <param name="rounds">1 for an independent jury.</param>
    /// <param name="final">How the panel decides; null for what suits the rubric.</param>
    /// <param name="closing">The closing judge; null unless <paramref name="final"/> is <see cref="PanelFinal.Judge"/>.</param>
    /// <param name="minShare">Least share of members with a judgment in every round; null for more than half.</param>
    /// <param name="purchases">Store, ledger and single-flight, shared by all judges of the process.</param>
    /// <exception cref="OrchestrationException"><see cref="ErrorCodes.Configuration"/>: the rule does not suit the rubric, or a member stands twice.</exception>
    public PanelJudge(
        string id, Rubric rubric, IReadOnlyList<LlmJudge> members, int rounds, PanelFinal? final, LlmJudge? closing, double? minShare, JudgmentPurchases purchases)
    {
        ArgumentNullException.ThrowIfNull(rubric);
        ArgumentNullException.ThrowIfNull(members);
        ArgumentNullException.ThrowIfNull(purchases);
        ArgumentOutOfRangeException.ThrowIfLessThan(members.Count, 2, nameof(members));
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        var compares = rubric.Protocol == RubricProtocol.Compare;
        _rubric = rubric;
        _purchases = purchases;
        _final = final ?? (compares ? PanelFinal.Vote : PanelFinal.Mean);
        _minShare = minShare;
        Members = members;
        Rounds = rounds;
        Closing = closing;
        Concurrency = members.GroupBy(m => m.Deployment).Max(g => (g.First().Concurrency + g.Count() - 1) / g.Count());
        Check(id);
        Descriptor = members[0].Descriptor with { Id = id, Kind = JudgeKind.Panel, Version = Version(), HasSingleAddress = false };
    }

    /// <inheritdoc/>
    public JudgeDescriptor Descriptor { get; }

    /// <summary>
    /// So many items that the deployment with the most room for each of its members here has twice as many calls as it takes at once, as with a judge
    /// by itself. No more: what was said and is not yet stored is lost by a kill, and every item in work may have a call of each member in that state.
    /// </summary>
    public int Concurrency { get; }

    /// <summary>The members, in the order stated.</summary>
    public IReadOnlyList<LlmJudge> Members { get; }

    /// <summary>The closing judge; null where the members' judgments are counted.</summary>
    public LlmJudge? Closing { get; }

    /// <summary>How many rounds there are.</summary>
    public int Rounds { get; }

    /// <summary>Bytes that seeing one other judge adds to a prompt, at most.</summary>
    public static int MaxBytesPerJudgeSeen => PanelView.MaxBytesPerJudge;

    /// <summary>Told, after each round and in the members' order, what everybody said; for showing it. Null for nobody.</summary>
    public Action<PanelStatement>? Said { get; set; }

    /// <inheritdoc/>
    public ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Descriptor.ComparesDirectly
            ? throw new NotSupportedException($"Judge '{Descriptor.Id}' compares two answers; it does not score one.")
            : RunAsync(request, Material.Of, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Descriptor.ComparesDirectly
            ? RunAsync(request, Material.Of, cancellationToken)
            : throw new NotSupportedException($"Judge '{Descriptor.Id}' scores one answer; compare its scores.");
    }

    private ValueTask<JudgeReply> RunAsync<T>(JudgeRequest<T> request, Func<T, Material> materialOf, CancellationToken cancellationToken)
    {
        var terms = _purchases.TermsFor(request.Payer, request.Deadline);
        return ItemBatch.RunAsync(
            request.Items.Count, Descriptor.Dimensions.Count, Concurrency, (i, stop) => OneAsync(materialOf(request.Items[i]), terms, stop), cancellationToken);
    }

    private async ValueTask<ItemOutcome> OneAsync(Material material, PurchaseTerms terms, CancellationToken cancellationToken)
    {
        var dimensions = Descriptor.Dimensions.Count;

        // All have the panel's rubric: what one is not asked, none is.
        if (Members[0].Question.Inquire(material).Reason is { } without) return ItemOutcome.Unscored(without, dimensions, CallTotals.None);
        var totals = CallTotals.None;
        var isFromStore = true;
        var answers = new LlmAnswer[Members.Count];
        for (var round = 1; round <= Rounds; round++)
        {
            // All views are of the round before: nobody sees what is said in this one.
            var views = round == 1 ? [] : Enumerable.Range(0, answers.Length).Select(member => View(material, answers, member)).ToArray();
            var asked = new List<(int Member, Task<LlmAnswer> Answer)>(answers.Length);
            for (var member = 0; member < answers.Length; member++)
            {
                // Where nobody else has said anything there is nothing to answer to.
                if (round > 1 && views[member].Others.Count == 0) continue;
                asked.Add((member, Members[member].AnswerAsync(Members[member].Question.Inquire(material), round == 1 ? null : views[member], terms, cancellationToken).AsTask()));
            }

            await Task.WhenAll(asked.Select(a => a.Answer));
            foreach (var (member, answer) in asked)
            {
                answers[member] = await answer;
                totals += answers[member].Totals;
                isFromStore &= answers[member].IsFromStore;
                Said?.Invoke(new PanelStatement(round, member + 1, answers[member].Values, answers[member].Reason, answers[member].Rationale));
            }

            if (!PanelDecision.IsEnough(answers.Count(a => a.Values is not null), answers.Length, _minShare))
            {
                // Sorting is stable: of reasons equally frequent, the one that came first.
                var reason = answers.Where(a => a.Values is null).GroupBy(a => a.Reason!, StringComparer.Ordinal).OrderByDescending(g => g.Count()).First().Key;
                return ItemOutcome.Unscored(reason, dimensions, totals);
            }
        }

        if (Closing is not { } closing) return ItemOutcome.Scored(Decide(answers), totals, isFromStore);
        var last = await closing.AnswerAsync(closing.Question.Inquire(material), new PanelView(null, Statements(material, answers, except: -1), isClosing: true), terms, cancellationToken);
        Said?.Invoke(new PanelStatement(Rounds + 1, 0, last.Values, last.Reason, last.Rationale));
        totals += last.Totals;
        return last.Values is { } values
            ? ItemOutcome.Scored(values, totals, isFromStore && last.IsFromStore)
            : ItemOutcome.Unscored(last.Reason!, dimensions, totals);
    }

    private double[] Decide(LlmAnswer[] answers)
    {
        var values = new double[Descriptor.Dimensions.Count];
        var scored = answers.Where(a => a.Values is not null).Select(a => a.Values!).ToArray();
        for (var d = 0; d < values.Length; d++)
        {
            double[] said = [.. scored.Select(v => v[d])];
            values[d] = _final == PanelFinal.Mean ? PanelDecision.Mean(said)
                : Descriptor.ComparesDirectly ? PanelDecision.Verdict(said)
                : PanelDecision.Vote(said, _rubric.Dimensions[d].Scale);
        }

        return values;
    }

    private PanelView View(in Material material, LlmAnswer[] answers, int member)
    {
        var own = answers[member].Values is { } values ? Members[member].Statement(values, answers[member].Rationale) : null;
        return new PanelView(own, Statements(material, answers, member), isClosing: false);
    }

    /// <summary>What the others said, in an order that no member's place in the configuration decides: by a hash of the material and the judge.</summary>
    private List<string> Statements(in Material material, LlmAnswer[] answers, int except)
    {
        var said = new List<(Hash128 Place, string Text)>(answers.Length);
        for (var m = 0; m < answers.Length; m++)
        {
            if (m == except || answers[m].Values is not { } values) continue;
            said.Add((PairHash.Of("panel-place", material.Hash.ToString(), Members[m].Descriptor.Version.ToString()), Members[m].Statement(values, answers[m].Rationale)));
        }

        return [.. said.OrderBy(s => s.Place).Select(s => s.Text)];
    }

    private Hash128 Version()
    {
        var parts = new List<string>
        {
            "panel-judge 1",
            _rubric.Version,
            Rounds.ToString(CultureInfo.InvariantCulture),
            _final switch { PanelFinal.Vote => "vote", PanelFinal.Judge => "judge", _ => "mean" },
            _minShare?.ToString("R", CultureInfo.InvariantCulture) ?? "majority",
            Rounds > 1 || Closing is not null ? "views " + PanelView.Revision.ToString(CultureInfo.InvariantCulture) : "",
            Closing?.Descriptor.Version.ToString() ?? "",
        };

        // Sorted: who is named first decides nothing.
        parts.AddRange(Members.Select(m => m.Descriptor.Version).Order().Select(v => v.ToString()));
        return PairHash.Of([.. parts]);
    }

    private void Check(string id)
    {
        var compares = _rubric.Protocol == RubricProtocol.Compare;
        if (_final == PanelFinal.Mean && compares)
            throw Fault($"final is mean, and rubric '{_rubric.Id}' compares two answers: verdicts have no mean. Use vote or judge.");
        if (_final == PanelFinal.Vote && !compares && _rubric.Dimensions.FirstOrDefault(d => d.Scale.Step <= 0) is { } continuous)
            throw Fault($"final is vote, and the scale of {(continuous.Name is null ? $"rubric '{_rubric.Id}'" : $"'{continuous.Name}'")} has no steps to vote for. Use mean or judge.");
        if ((_final == PanelFinal.Judge) != (Closing is not null))
            throw Fault("a closing judge belongs to final judge, and to no other.");
        var twice = Members.Select((m, i) => (m.Descriptor.Version, Number: i + 1)).GroupBy(m => m.Version).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
        {
            throw Fault(string.Create(CultureInfo.InvariantCulture,
                $"members {twice.First().Number} and {twice.ElementAt(1).Number} are the same judge (model, options and profile), which would count one judgment twice. Give one of them a profile of its own, or use the protocol samples=N."));
        }

        OrchestrationException Fault(string message) => new(ErrorCodes.Configuration, $"Panel '{id}': {message}");
    }
}

/// <summary>What one judge of a panel said in one round.</summary>
/// <param name="Round">From 1; the closing judge's is one more than the last.</param>
/// <param name="Member">From 1, in the members' order; 0 for the closing judge.</param>
/// <param name="Values">One for each dimension; null where there is no judgment.</param>
/// <param name="Reason">Why there is none.</param>
/// <param name="Rationale">Its words, where it gave any.</param>
public sealed record PanelStatement(int Round, int Member, IReadOnlyList<double>? Values, string? Reason, string? Rationale);
