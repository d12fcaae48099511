using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Spending;

namespace Orchestration.Core.Judging.Reward;

/// <summary>
/// A reward model behind an HTTP endpoint. Its scalar has no bounds, so its one dimension states no scale and takes part in an aggregate only
/// through a fitted mapping. Its judgments are stored whether or not a call has a price: computing them is what they cost.
/// </summary>
public sealed class RewardJudge : IJudge
{
    private readonly IRewardDeployment _deployment;
    private readonly JudgmentPurchases _purchases;

    /// <summary>Creates the judge.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="deployment">The endpoint.</param>
    /// <param name="purchases">Store, ledger and single-flight, shared by all judges of the process.</param>
    public RewardJudge(string id, IRewardDeployment deployment, JudgmentPurchases purchases)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        ArgumentNullException.ThrowIfNull(deployment);
        ArgumentNullException.ThrowIfNull(purchases);
        _deployment = deployment;
        _purchases = purchases;
        var model = deployment.Model;
        Descriptor = new JudgeDescriptor
        {
            Id = id,
            Kind = JudgeKind.Reward,
            Version = PairHash.Of("reward-judge 1", model.Publisher, model.Name, model.Snapshot),
            Dimensions = [new JudgeDimension(id, null)],
            IsPaid = true,
        };
    }

    /// <inheritdoc/>
    public JudgeDescriptor Descriptor { get; }

    /// <summary>Twice the deployment's concurrency, for the same reason as <see cref="Llm.LlmJudge.Concurrency"/>.</summary>
    public int Concurrency => Math.Max(1, _deployment.Concurrency) * 2;

    /// <inheritdoc/>
    public async ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var materials = new Material[request.Items.Count];
        for (var i = 0; i < materials.Length; i++) materials[i] = Material.Of(request.Items[i]);
        var terms = _purchases.TermsFor(request.Payer, request.Deadline);
        var known = await _purchases.LookUpAsync([.. materials.Select(m => JudgmentAddress.Of(Descriptor, m.Hash, null))], 1, cancellationToken);
        return await ItemBatch.RunAsync(materials.Length, 1, Concurrency, OneAsync, cancellationToken);

        async ValueTask<ItemOutcome> OneAsync(int index, CancellationToken stop)
        {
            if (known.Length != 0 && known[index] is { } stored) return ItemOutcome.Scored(stored, CallTotals.None, isFromStore: true);
            var material = materials[index];
            var purchase = await _purchases.GetAsync(
                JudgmentAddress.Of(Descriptor, material.Hash, null), 1, new Seller(_deployment, material, Descriptor.Id), terms, stop);
            return purchase.Values is { } values
                ? ItemOutcome.Scored(values, purchase.Totals, purchase.IsFromStore)
                : ItemOutcome.Unscored(purchase.Reason!, 1, purchase.Totals);
        }
    }

    /// <inheritdoc/>
    public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"Judge '{Descriptor.Id}' scores one answer; compare its scores.");

    private sealed class Seller(IRewardDeployment deployment, Material material, string judgeId) : ISeller
    {
        public string Deployment => deployment.Name;

        public int Concurrency => deployment.Concurrency;

        public async ValueTask<Sale> SellAsync(PurchaseTerms terms, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (terms.IsLate) return new Sale(null, UnscoredReason.Timeout, JudgmentDetail.None, IsLate: true);

            var price = deployment.PricePerCall;
            var reservation = await terms.ReserveAsync(new SpendPurpose(judgeId, deployment.Name), price * deployment.MaxAttempts, cancellationToken);
            RewardReply reply;
            try
            {
                reply = await deployment.RewardAsync(material.Prompt, material.AnswerA, terms.OriginOf(judgeId), cancellationToken);
            }
            catch (Exception failure)
            {
                // As with language models: what was never sent or is refused every time costs nothing; of anything else nobody knows.
                var isFree = failure is OperationCanceledException or OrchestrationException;
                await terms.SettleAsync(reservation, 0, isFree ? 0 : reservation?.AmountUsd ?? 0);
                throw;
            }

            await terms.SettleAsync(reservation, reply.Totals.CostUsd, (price ?? 0) * Math.Min(reply.UnknownAttempts, deployment.MaxAttempts));
            var detail = new JudgmentDetail { Totals = reply.Totals };
            if (reply.Failure is { } reason)
            {
                cancellationToken.ThrowIfCancellationRequested();
                return new Sale(null, reason, detail);
            }

            return reply.Value is { } value && double.IsFinite(value)
                ? new Sale([value + 0.0], null, detail)
                : new Sale(null, UnscoredReason.Unreadable, detail);
        }
    }
}
