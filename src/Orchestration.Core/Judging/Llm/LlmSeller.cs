using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Panels;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Spending;

namespace Orchestration.Core.Judging.Llm;

/// <summary>Asks a model for one judgment, again where its reply cannot be used, up to the set number of times.</summary>
internal sealed class LlmSeller(LlmQuestion question, Inquiry inquiry, int repeat, PanelView? view) : ISeller
{
    public string Deployment => question.Deployment.Name;

    public int Concurrency => question.Deployment.Concurrency;

    public async ValueTask<Sale> SellAsync(PurchaseTerms terms, CancellationToken cancellationToken)
    {
        var user = question.UserMessage(inquiry, view);
        var totals = CallTotals.None;
        var reason = UnscoredReason.Unreadable;
        IReadOnlyList<ChatTurn> continuation = [];
        var before = "";
        var wasContinued = false;
        for (var ask = 0; ask < question.Options.MaxAsks; ask++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (terms.IsLate) return Failed(UnscoredReason.Timeout, totals) with { IsLate = true };

            var (reply, settling) = await CallAsync(question.Request(inquiry, user, continuation, repeat, ask), terms, cancellationToken);
            totals += reply.Totals;
            if (reply.Failure is { } failure)
            {
                await settling;
                // A call that a cancellation kept from its further attempts has not failed: it was not finished.
                cancellationToken.ThrowIfCancellationRequested();
                return Failed(failure, totals);
            }

            if (before.Length != 0) reply = reply with { Text = before + "\n" + reply.Text };
            var outcome = question.Read(reply, inquiry, out var mass);
            if (outcome.Values is { } values)
            {
                return new Sale(values, null, new JudgmentDetail
                {
                    Rationale = outcome.Rationale,
                    Voided = outcome.Voided,
                    ServedModel = reply.ServedModel,
                    Fingerprint = reply.Fingerprint,
                    Mass = mass,
                    Totals = totals,
                })
                { Settling = settling };
            }

            await settling;
            reason = outcome.Reason!;
            if (reason is UnscoredReason.Filtered or UnscoredReason.LowMass) break;

            before = "";
            continuation = [];
            if (string.IsNullOrWhiteSpace(reply.Text) || reason == UnscoredReason.Refused) continue;
            if (outcome.CanContinue && !wasContinued)
            {
                wasContinued = true;
                before = reply.Text;
                continuation = [new ChatTurn("assistant", reply.Text), new ChatTurn("user", RubricPrompt.Continue)];
            }
            else if (question.TakesCorrections)
            {
                continuation = [new ChatTurn("assistant", reply.Text), new ChatTurn("user", question.Prompt.CorrectionOf(inquiry))];
            }
        }

        return Failed(reason, totals);
    }

    private async ValueTask<(ChatReply Reply, Task Settling)> CallAsync(ChatRequest request, PurchaseTerms terms, CancellationToken cancellationToken)
    {
        var deployment = question.Deployment;
        var bound = terms.KeepsAccount ? question.BoundUsd(request) : null;
        var reservation = await terms.ReserveAsync(new SpendPurpose(question.JudgeId, deployment.Name), bound * deployment.MaxAttempts, cancellationToken);
        ChatReply reply;
        try
        {
            reply = await deployment.CompleteAsync(request with { Origin = terms.OriginOf(question.JudgeId) }, cancellationToken);
        }
        catch (Exception failure)
        {
            // Cancelled before it was sent, or refused as every call would be: nothing was charged. Of anything else nobody knows.
            var isFree = failure is OperationCanceledException or OrchestrationException;
            await terms.SettleAsync(reservation, 0, isFree ? 0 : reservation?.AmountUsd ?? 0);
            throw;
        }

        return (reply, terms.SettleAsync(reservation, reply.Totals.CostUsd, (bound ?? 0) * Math.Min(reply.UnknownAttempts, deployment.MaxAttempts)).AsTask());
    }

    private static Sale Failed(string reason, in CallTotals totals) => new(null, reason, new JudgmentDetail { Totals = totals });
}
