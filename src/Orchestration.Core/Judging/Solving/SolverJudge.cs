using System.Globalization;
using System.Text;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Spending;

namespace Orchestration.Core.Judging.Solving;

/// <summary>
/// A model that answers the question itself: the pair's prompt is put to it, its answer to the pair is not looked at, and code compares what it says with the reference (<see cref="FinalAnswer"/>):
/// 1 right, 0 wrong, <see cref="UnscoredReason.Unreadable"/> without a final answer. So how well a judge's model solves can stand beside how well it judges (JudgeBench, Tan et al. 2024, section 4.3).
/// </summary>
public sealed class SolverJudge : IJudge
{
    /// <summary>What stands before the @ of its specification, <c>solve@DEPLOYMENT</c>.</summary>
    public const string SpecName = "solve";

    /// <summary>Raised whenever a word of the instruction changes.</summary>
    private const int Revision = 1;

    private const string Instruction = "Answer the question that follows. Think it through, and give the final answer in the form that the question asks for. Whatever form that is, end with one more line that holds the final answer alone:\n\nAnswer: <the final answer>";
    private const int TokensOfFraming = 96;

    private readonly IChatDeployment _deployment;
    private readonly JudgmentPurchases _purchases;
    private readonly double? _temperature;
    private readonly int _maxOutputTokens;

    /// <summary>Creates it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="deployment">The model.</param>
    /// <param name="temperature">Sampling temperature; null leaves it out.</param>
    /// <param name="maxOutputTokens">Maximum output of a call in tokens, at least 1.</param>
    /// <param name="purchases">Store, ledger and single-flight, shared by all judges of the process.</param>
    public SolverJudge(string id, IChatDeployment deployment, double? temperature, int maxOutputTokens, JudgmentPurchases purchases)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        ArgumentNullException.ThrowIfNull(purchases);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxOutputTokens, 1);
        (_deployment, _purchases, _temperature, _maxOutputTokens) = (deployment, purchases, temperature, maxOutputTokens);
        var model = deployment.Model;
        Descriptor = new JudgeDescriptor
        {
            Id = id,
            Kind = JudgeKind.Llm,
            Version = PairHash.Of(
                "solver", Revision.ToString(CultureInfo.InvariantCulture), FinalAnswer.Revision.ToString(CultureInfo.InvariantCulture), model.Publisher, model.Name, model.Snapshot,
                temperature?.ToString("R", CultureInfo.InvariantCulture) ?? "", maxOutputTokens.ToString(CultureInfo.InvariantCulture)),
            Dimensions = [new JudgeDimension(id, new Scale(0, 1, 1))],
            NeedsReference = true,
            IsPaid = true,
        };
    }

    /// <inheritdoc/>
    public JudgeDescriptor Descriptor { get; }

    /// <inheritdoc/>
    public int Concurrency => Math.Max(1, _deployment.Concurrency) * 2;

    /// <summary>UTF-8 bytes of a call's prompt and its maximum output, for estimates.</summary>
    public (long TextBytes, int MaxOutputTokens) MeasureOf(Pair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return (Encoding.UTF8.GetByteCount(Instruction) + Encoding.UTF8.GetByteCount(pair.Prompt), _maxOutputTokens);
    }

    /// <inheritdoc/>
    public ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var terms = _purchases.TermsFor(request.Payer, request.Deadline);
        return ItemBatch.RunAsync(request.Items.Count, 1, Concurrency, (i, stop) => OneAsync(request.Items[i], terms, stop), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"'{Descriptor.Id}' answers questions; it compares nothing.");

    private async ValueTask<ItemOutcome> OneAsync(Pair pair, PurchaseTerms terms, CancellationToken cancellationToken)
    {
        if (pair.Reference is null) return ItemOutcome.Unscored(UnscoredReason.NoReference, 1, CallTotals.None);
        if (FinalAnswer.OfReference(pair.Reference) is not { } truth) return ItemOutcome.Unscored(UnscoredReason.NotApplicable, 1, CallTotals.None);
        var address = JudgmentAddress.Of(Descriptor, PairHash.Of(pair), pair.Reference);
        var purchase = await _purchases.GetAsync(address, 1, new Seller(this, pair.Prompt, truth), terms, cancellationToken);
        return purchase.Values is { } values ? ItemOutcome.Scored(values, purchase.Totals, purchase.IsFromStore) : ItemOutcome.Unscored(purchase.Reason!, 1, purchase.Totals);
    }

    private sealed class Seller(SolverJudge solver, string question, FinalAnswer truth) : ISeller
    {
        public string Deployment => solver._deployment.Name;

        public int Concurrency => solver._deployment.Concurrency;

        public async ValueTask<Sale> SellAsync(PurchaseTerms terms, CancellationToken cancellationToken)
        {
            if (terms.IsLate) return new Sale(null, UnscoredReason.Timeout, JudgmentDetail.None, IsLate: true);
            var deployment = solver._deployment;
            var bound = terms.KeepsAccount
                ? deployment.Prices?.UpperBound(Encoding.UTF8.GetByteCount(Instruction) + Encoding.UTF8.GetByteCount(question) + TokensOfFraming, solver._maxOutputTokens)
                : null;
            var reservation = await terms.ReserveAsync(new SpendPurpose(solver.Descriptor.Id, deployment.Name), bound * deployment.MaxAttempts, cancellationToken);
            ChatReply reply;
            try
            {
                reply = await deployment.CompleteAsync(
                    new ChatRequest { System = Instruction, User = question, MaxOutputTokens = solver._maxOutputTokens, Temperature = solver._temperature, Origin = terms.OriginOf(solver.Descriptor.Id) },
                    cancellationToken);
            }
            catch (Exception failure)
            {
                // Cancelled before it was sent, or refused as every call would be: nothing was charged. Of anything else nobody knows.
                var isFree = failure is OperationCanceledException or OrchestrationException;
                await terms.SettleAsync(reservation, 0, isFree ? 0 : reservation?.AmountUsd ?? 0);
                throw;
            }

            var settling = terms.SettleAsync(reservation, reply.Totals.CostUsd, (bound ?? 0) * Math.Min(reply.UnknownAttempts, deployment.MaxAttempts)).AsTask();
            var detail = new JudgmentDetail { Rationale = reply.Text, ServedModel = reply.ServedModel, Fingerprint = reply.Fingerprint, Totals = reply.Totals };
            var isRight = reply.Failure is null && reply.Refusal is null && reply.Finish != FinishReason.ContentFilter ? truth.IsIn(reply.Text) : null;
            if (isRight is { } right) return new Sale([right ? 1 : 0], null, detail) { Settling = settling };
            await settling;
            if (reply.Failure is not null) cancellationToken.ThrowIfCancellationRequested();
            var reason = reply.Failure ?? (reply.Refusal is not null ? UnscoredReason.Refused : reply.Finish switch
            {
                FinishReason.ContentFilter => UnscoredReason.Filtered,
                FinishReason.Length => UnscoredReason.Truncated,
                _ => UnscoredReason.Unreadable,
            });
            return new Sale(null, reason, new JudgmentDetail { Totals = reply.Totals });
        }
    }
}
