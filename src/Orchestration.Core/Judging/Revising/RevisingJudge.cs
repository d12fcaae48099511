using System.Globalization;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Panels;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.Judging.Revising;

/// <summary>
/// A judge that looks at its own judgment once more after it is told what judges are known to be swayed by. The first call is the judgment of the judge by itself, at that judge's address, so that
/// one that is stored is not bought again; the second shows it that judgment and what is pointed out, and what it says then counts. After the revision of verdicts in the
/// Reasoning-based Bias Detector (Yang et al. 2025), with a fixed text in the place of a detector.
/// </summary>
public sealed class RevisingJudge : IJudge
{
    /// <summary>Raised whenever the two calls are put together otherwise: it is part of every revising judge's version.</summary>
    public const int Revision = 1;

    private readonly LlmJudge _judge;
    private readonly JudgmentPurchases _purchases;

    /// <summary>Creates it.</summary>
    /// <param name="judge">The judge, with the id of this one.</param>
    /// <param name="pointedOut">What it is told, in whole sentences; part of the version.</param>
    /// <param name="purchases">Store, ledger and single-flight, shared by all judges of the process.</param>
    public RevisingJudge(LlmJudge judge, string pointedOut, JudgmentPurchases purchases)
    {
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentException.ThrowIfNullOrWhiteSpace(pointedOut);
        ArgumentNullException.ThrowIfNull(purchases);
        (_judge, _purchases, PointedOut) = (judge, purchases, pointedOut);
        Descriptor = judge.Descriptor with
        {
            Version = PairHash.Of("revise", Revision.ToString(CultureInfo.InvariantCulture), PanelView.RevisingRevision.ToString(CultureInfo.InvariantCulture), judge.Descriptor.Version.ToString(), pointedOut),
            HasSingleAddress = false,
        };
    }

    /// <inheritdoc/>
    public JudgeDescriptor Descriptor { get; }

    /// <inheritdoc/>
    public int Concurrency => _judge.Concurrency;

    /// <summary>The judge by itself: its judgments are the first calls.</summary>
    public LlmJudge First => _judge;

    /// <summary>What it is told before it looks again.</summary>
    public string PointedOut { get; }

    /// <summary>Bytes that the second call's prompt has more than the first's, at most.</summary>
    public int MaxBytesMore => PanelView.MaxBytesPerJudge + (3 * PointedOut.Length) + 1000;

    /// <summary>Where the second look at a pair stands, after a first judgment that is stored: for estimates. Null for a mean of samples.</summary>
    public JudgmentAddress? SecondOf(Pair pair, StoredJudgment first) => SecondOf(Material.Of(pair), first);

    /// <summary>The same of a comparison in the order given.</summary>
    public JudgmentAddress? SecondOf(Comparison comparison, StoredJudgment first) => SecondOf(Material.Of(comparison), first);

    private JudgmentAddress? SecondOf(in Material material, StoredJudgment first)
    {
        ArgumentNullException.ThrowIfNull(first);
        return _judge.CallsPerItem == 1 ? _judge.Address(_judge.Question.Inquire(material), _judge.FirstRepeat, PanelView.OfRevision(_judge.Statement(first.Values, first.Detail.Rationale), PointedOut)) : null;
    }

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
        var inquiry = _judge.Question.Inquire(material);
        var first = await _judge.AnswerAsync(inquiry, null, terms, cancellationToken);
        if (first.Values is null) return ItemOutcome.Unscored(first.Reason!, Descriptor.Dimensions.Count, first.Totals);
        var view = PanelView.OfRevision(_judge.Statement(first.Values, first.Rationale), PointedOut);
        var second = await _judge.AnswerAsync(inquiry, view, terms, cancellationToken);
        var totals = first.Totals + second.Totals;
        return second.Values is { } values
            ? ItemOutcome.Scored(values, totals, first.IsFromStore && second.IsFromStore)
            : ItemOutcome.Unscored(second.Reason!, Descriptor.Dimensions.Count, totals);
    }
}
