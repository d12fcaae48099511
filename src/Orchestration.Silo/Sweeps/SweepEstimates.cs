using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Orchestration.Core.Sweeps.Estimating;
using Orchestration.Silo.Hosting;
using Orchestration.Silo.Judging;
using Orchestration.Storage.Sqlite;

namespace Orchestration.Silo.Sweeps;

/// <summary>What a sweep would call and cost, before it is started: its data is read into a store of its own, measured, and removed again. Nothing is called.</summary>
/// <param name="state">The silo.</param>
/// <param name="judges">Its judges.</param>
internal sealed class SweepEstimates(SiloState state, SiloJudges judges)
{
    private static long _made;

    /// <summary>Reads and measures.</summary>
    /// <param name="plan">The sweep.</param>
    /// <param name="resolved">Its judges.</param>
    /// <param name="cancellationToken">Gives up; nothing is left behind.</param>
    public async Task<EstimateView> MakeAsync(SweepPlan plan, ResolvedJudges resolved, CancellationToken cancellationToken)
    {
        var path = Path.Combine(state.Options.LocalFolder, string.Create(CultureInfo.InvariantCulture, $"estimate-{state.Store.Owner}-{Interlocked.Increment(ref _made)}.db"));
        try
        {
            await using var store = await SqliteStore.OpenAsync(new SqliteStoreOptions { Path = path, TimeProvider = state.Options.Time }, cancellationToken);
            var (sweep, report) = await new SweepRegistration(store.Sweeps, store.Owner).RegisterAsync(plan, null, cancellationToken);
            return View(report, await new SweepEstimator(judges.Config, state.Store.Judgments).EstimateAsync(store.Sweeps, sweep, resolved, cancellationToken));
        }
        finally
        {
            foreach (var leftover in new[] { path, path + "-wal", path + "-shm" }) File.Delete(leftover);
            if (Directory.Exists(path + "-owners")) Directory.Delete(path + "-owners", recursive: true);
        }
    }

    private static EstimateView View(IngestReport report, IReadOnlyList<JudgeEstimate> estimates)
    {
        var isPriced = estimates.All(static e => e.CostUsd is not null);
        return new EstimateView(
            report.Rows, report.Rejected, report.RejectedByReason, report.Warnings, estimates.Sum(static e => e.Calls), estimates.Sum(static e => e.Stored),
            isPriced ? estimates.Sum(static e => e.CostUsd!.Value) : null, isPriced ? estimates.Sum(static e => e.AtMostUsd) : null,
            [.. estimates.Select(static e => new JudgeEstimateView(e.Judge, e.Deployment.Name, e.Calls, e.Stored, e.InputTokens, e.OutputTokens, e.CostUsd, e.CostUsd is null ? null : e.AtMostUsd))]);
    }
}

/// <summary>What one judge would call and cost.</summary>
internal sealed record JudgeEstimateView(string Judge, string Deployment, long Calls, long Stored, long InputTokens, long OutputTokens, decimal? CostUsd, decimal? CostUsdAtMost);

/// <summary>What a sweep would call and cost; costs are null where a deployment has no price.</summary>
internal sealed record EstimateView(
    long Rows, long Rejected, IReadOnlyDictionary<string, long> RejectedByReason, IReadOnlyList<string> Warnings, long Calls, long Stored, decimal? CostUsd, decimal? CostUsdAtMost, IReadOnlyList<JudgeEstimateView> Judges);
