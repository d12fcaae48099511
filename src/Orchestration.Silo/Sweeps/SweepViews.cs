using Orchestration.Core;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Stores;
using Orchestration.Core.Sweeps;

namespace Orchestration.Silo.Sweeps;

/// <summary>Sweeps as their readers see them: from the store, so from any silo.</summary>
internal static class SweepViews
{
    /// <summary>The sweep with this id.</summary>
    /// <exception cref="OrchestrationException">There is none (<see cref="ErrorCodes.NotFound"/>).</exception>
    public static async Task<SweepRecord> FindAsync(IStore store, string id, CancellationToken cancellationToken) =>
        await store.Sweeps.FindAsync(id, cancellationToken)
        ?? throw new OrchestrationException(ErrorCodes.NotFound, $"There is no sweep '{(id.Length > 40 ? id[..40] : id)}'. GET /v1/sweeps lists those there are.");

    /// <summary>A sweep with progress and money.</summary>
    public static async Task<SweepView> WholeAsync(IStore store, SweepRecord sweep, CancellationToken cancellationToken)
    {
        var money = await store.Spending.StatusAsync(sweep.Id, cancellationToken);
        return Head(sweep) with
        {
            Progress = Of(await store.Sweeps.ProgressAsync(sweep.Id, cancellationToken)),
            Money = new MoneyView(money.SettledUsd, money.ReservedUsd, money.UnknownUsd, money.CapUsd),
        };
    }

    /// <summary>A sweep as it stands in lists.</summary>
    public static SweepView Head(SweepRecord sweep)
    {
        var definition = SweepDefinition.FromJson(sweep.Definition);
        var totals = sweep.Totals;
        return new SweepView
        {
            Id = sweep.Id,
            State = SweepSummary.StateText(sweep.State),
            Kind = definition.Kind == DataKind.Pairs ? "pairs" : "comparisons",
            CreatedAt = sweep.CreatedAt,
            Rows = sweep.Rows,
            Rejected = sweep.Rejected,
            Judges = [.. definition.Columns.Select(static c => c.Name).Distinct(StringComparer.Ordinal)],
            Aggregator = definition.Aggregator,
            MinCoverage = definition.MinCoverage,
            Priority = sweep.Priority,
            Totals = new TotalsView(totals.Calls, totals.Failures, totals.InputTokens, totals.OutputTokens, totals.CostUsd),
        };
    }

    /// <summary>How far a sweep is.</summary>
    public static ProgressView Of(SweepProgress progress) =>
        new(progress.ShardsDone, progress.Shards, progress.RowsDone, progress.Rows, progress.Judgments, progress.Unscored, progress.FromStore);
}
