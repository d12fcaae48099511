using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Sweeps;

namespace Orchestration.Core.Batches;

/// <summary>Collects a batch that is over: stores its judgments, then ends it in the log with what it took.</summary>
internal sealed class BatchHarvest(IJudgmentStore judgments, IBatchLog log, IReadOnlyList<LlmJudge> judges, BatchMeter meter)
{
    /// <summary>Judgments stored in one commit.</summary>
    private const int Chunk = 256;

    /// <summary>Collects it. Nothing is lost where it is cut off anywhere: judgments are stored before the batch ends, and storing them again changes nothing.</summary>
    /// <param name="open">The batch.</param>
    /// <param name="remote">The same as the endpoint describes it.</param>
    /// <param name="deployment">Where it is.</param>
    /// <param name="pending">Addresses that are out; those that are stored now are taken out, so that it does not grow with the sweep.</param>
    /// <param name="failed">Addresses that no batch is to be asked for again; lines without a judgment are added.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <returns>Judgments that it brought; lines that nobody got to.</returns>
    /// <exception cref="EndpointUnavailableException">The results cannot be read now; the batch has not ended.</exception>
    /// <exception cref="OrchestrationException">A judge cannot be asked by this endpoint at all; the batch has ended.</exception>
    public async ValueTask<Yield> CollectAsync(
        OpenBatch open, RemoteBatch remote, IBatchDeployment deployment, HashSet<JudgmentAddress> pending, HashSet<JudgmentAddress> failed, CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var chunk = new List<StoredJudgment>(Chunk);
        var totals = CallTotals.None;
        long scored = 0, untouched = 0;
        var books = new SortedDictionary<string, (long Calls, decimal Settled, long Unknown)>(StringComparer.Ordinal);
        OrchestrationException? hopeless = null;
        if (remote.State != RemoteBatchState.Failed)
        {
            await foreach (var line in deployment.ReadAsync(remote, cancellationToken).WithCancellation(cancellationToken))
            {
                if (!BatchMark.TryParse(line.CustomId, out var mark) || mark.Judge >= judges.Count || !seen.Add(line.CustomId)) continue;
                if (line.IsUntouched)
                {
                    untouched++;
                    continue;
                }

                var isUnknown = line.Reply is { } read ? read.UnknownAttempts > 0 : line.IsCharged;
                Book(books, judges[mark.Judge].Question.JudgeId, line.Reply?.Totals.CostUsd ?? 0, isUnknown ? 1 : 0);
                if (line.Reply is not { } reply)
                {
                    totals += new CallTotals(0, 1, default, 0);
                    failed.Add(mark.Address);
                    continue;
                }

                totals += reply.Totals;
                if (Read(judges[mark.Judge], mark.Address, reply, ref hopeless) is not { } judgment)
                {
                    failed.Add(mark.Address);
                    continue;
                }

                scored++;
                chunk.Add(judgment);
                if (chunk.Count < Chunk) continue;
                await StoreAsync(chunk, pending, cancellationToken);
                chunk = new List<StoredJudgment>(Chunk);
            }

            if (chunk.Count > 0) await StoreAsync(chunk, pending, cancellationToken);

            // A line of which nothing was said may have been answered and charged.
            var missing = Math.Max(0, open.Batch.Requests - seen.Count);
            if (remote.State != RemoteBatchState.Completed) untouched += missing;
            else if (missing > 0) books.Add("", (missing, 0, missing));
        }

        var shares = Shares(books, open.Batch, totals.CostUsd);
        var unknownUsd = shares.Sum(static s => s.UnknownUsd);
        var ended = await log.FinishAsync(
            open,
            SweepTotals.None with
            {
                Calls = totals.Calls,
                Failures = totals.Failures,
                InputTokens = totals.Usage.Input,
                CachedInputTokens = totals.Usage.CachedInput,
                OutputTokens = totals.Usage.Output,
                ReasoningTokens = totals.Usage.Reasoning,
                CostUsd = totals.CostUsd,
            },
            unknownUsd,
            shares);
        meter.Ended(open.Id, scored, remote.State == RemoteBatchState.Failed ? 0 : open.Batch.Requests - scored - untouched, ended ? totals : CallTotals.None);
        if (remote.State != RemoteBatchState.Failed) await deployment.RemoveFilesAsync(remote, cancellationToken);
        if (hopeless is not null) throw hopeless;
        return new Yield(scored, untouched);
    }

    private static void Book(SortedDictionary<string, (long Calls, decimal Settled, long Unknown)> books, string judge, decimal settled, long unknown)
    {
        var entry = books.GetValueOrDefault(judge);
        books[judge] = (entry.Calls + 1, entry.Settled + settled, entry.Unknown + unknown);
    }

    /// <summary>A line that may have been charged counts as the largest of the batch, until what is left of the batch's bound is used up.</summary>
    private static List<BatchShare> Shares(SortedDictionary<string, (long Calls, decimal Settled, long Unknown)> books, NewBatch batch, decimal settledUsd)
    {
        var left = Math.Max(0, (batch.BoundUsd ?? 0) - settledUsd);
        var shares = new List<BatchShare>(books.Count);
        foreach (var (judge, (calls, settled, unknown)) in books)
        {
            var unknownUsd = Math.Min(unknown * batch.LargestBoundUsd, left);
            left -= unknownUsd;
            shares.Add(new BatchShare(judge, calls, settled, unknownUsd));
        }

        return shares;
    }

    private async ValueTask StoreAsync(List<StoredJudgment> chunk, HashSet<JudgmentAddress> pending, CancellationToken cancellationToken)
    {
        await judgments.PutAsync(chunk, cancellationToken);
        foreach (var judgment in chunk) pending.Remove(judgment.Address);
    }

    /// <summary>The judgment that a reply holds; null where it holds none, which single calls will sort out.</summary>
    private static StoredJudgment? Read(LlmJudge judge, JudgmentAddress address, Judging.Deployments.ChatReply reply, ref OrchestrationException? hopeless)
    {
        try
        {
            var outcome = judge.Question.Read(reply, null, out var mass);
            if (outcome.Values is not { } values) return null;
            return new StoredJudgment
            {
                Address = address,
                Values = values,
                Detail = new JudgmentDetail { Rationale = outcome.Rationale, ServedModel = reply.ServedModel, Fingerprint = reply.Fingerprint, Mass = mass, Totals = reply.Totals },
            };
        }
        catch (OrchestrationException failure)
        {
            hopeless ??= failure;
            return null;
        }
    }

    /// <summary>What a batch brought.</summary>
    internal readonly record struct Yield(long Scored, long Untouched);
}
