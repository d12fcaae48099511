using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;
using Orchestration.Silo.Access;
using Orchestration.Silo.Hosting;
using Orchestration.Silo.Judging;
using Orchestration.Silo.Requests;

namespace Orchestration.Silo.Sweeps;

/// <summary>
/// Starts sweeps over rows that were sent, or over a data set that the configuration names: a request can name no file and no address. The sweep is worked by
/// the silos of the store.
/// </summary>
/// <param name="state">The silo.</param>
/// <param name="judges">Its judges.</param>
/// <param name="budget">On whose account a sweep is.</param>
internal sealed class SweepStarter(SiloState state, SiloJudges judges, KeyBudget budget)
{
    private const int MostReading = 4;

    private readonly Bulkhead _reading = new(MostReading);
    private readonly SweepEstimates _estimates = new(state, judges);

    /// <summary>Reads the rows, fixes the sweep and seals it: from then on silos work it.</summary>
    /// <param name="body">What it is asked to be.</param>
    /// <param name="rows">JSON lines or CSV, plain or gzip, on this machine's disk; null for the data set that the body names.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="cancellationToken">Gives up; nothing is left behind.</param>
    /// <exception cref="OrchestrationException">The request is wrong; there is no room (<see cref="BusyException"/>).</exception>
    public async Task<(SweepRecord Sweep, IngestReport Report)> StartAsync(SweepBody body, Stream? rows, Caller caller, CancellationToken cancellationToken)
    {
        Check(body, rows is not null);
        if (!_reading.TryTake(1)) throw new BusyException("This silo is reading the rows of as many sweeps as it reads at once. Try again.", TimeSpan.FromSeconds(2));
        try
        {
            var resolved = Resolve(body);
            var deployments = resolved.Planned.SelectMany(static j => j.Fixed.Deployments).Distinct(StringComparer.Ordinal).ToArray();
            if (body.MaxCostUsd is not null) KeyBudget.RequirePrices("max_cost_usd", judges.Config, deployments);
            if (caller.Limits.UsdPerDay is not null && deployments.Length != 0 && body.MaxCostUsd is null)
                throw new OrchestrationException(ErrorCodes.Usage, "This key has a budget a day, so a sweep that calls models states max_cost_usd: the whole of it is charged to the day that the sweep begins.");
            var aggregator = new SweepAggregator(state.Store.Aggregators);
            var plan = await PlanAsync(body, rows, resolved, aggregator, cancellationToken);
            await aggregator.CheckAsync(SweepRegistration.Define(plan, null), isWhole: true, cancellationToken);
            if (body.MaxCostUsd is { } cap && deployments.Length != 0) await ChargeAsync(caller, cap, cancellationToken);
            var (sweep, report) = await new SweepRegistration(state.Store.Sweeps, state.Store.Owner).RegisterAsync(plan, null, cancellationToken);
            if (body.MaxCostUsd is not null) await state.Store.Spending.SetCapAsync(sweep.Id, body.MaxCostUsd, CancellationToken.None);
            await state.Store.Access.RecordAsync(
                new AuditEntry(
                    caller.AuditName, "sweep.start", sweep.Id, null,
                    string.Create(CultureInfo.InvariantCulture, $"{sweep.Rows} rows by {string.Join(", ", body.Judges)}{(body.MaxCostUsd is { } most ? $", at most ${most}" : "")}")),
                CancellationToken.None);
            return (sweep, report);
        }
        finally
        {
            _reading.Return(1);
        }
    }

    /// <summary>Charges a sweep's cap, or what it was raised by, to the day's budget of a key that has one: what a sweep spends cannot pass it.</summary>
    /// <exception cref="OrchestrationException">It does not fit (<see cref="ErrorCodes.SpendCap"/>).</exception>
    public async Task ChargeAsync(Caller caller, decimal usd, CancellationToken cancellationToken)
    {
        if (caller.Limits.UsdPerDay is not { } day || usd <= 0) return;
        var payer = await budget.PayerAsync(caller, cancellationToken);
        var reservation = await state.Store.Spending.ReserveAsync(payer, SpendPurpose.None, usd, cancellationToken)
            ?? throw new OrchestrationException(ErrorCodes.SpendCap, string.Create(CultureInfo.InvariantCulture, $"${usd} does not fit under this key's ${day} a day any more. Ask for less, or tomorrow (UTC)."));
        await state.Store.Spending.SettleAsync(reservation, usd, 0);
    }

    /// <summary>What a sweep would call and cost. Nothing is called, charged or kept.</summary>
    /// <inheritdoc cref="StartAsync" path="/param"/>
    public async Task<EstimateView> EstimateAsync(SweepBody body, Stream? rows, CancellationToken cancellationToken)
    {
        Check(body, rows is not null);
        if (!_reading.TryTake(1)) throw new BusyException("This silo is reading the rows of as many sweeps as it reads at once. Try again.", TimeSpan.FromSeconds(2));
        try
        {
            var resolved = Resolve(body);
            var plan = await PlanAsync(body, rows, resolved, new SweepAggregator(state.Store.Aggregators), cancellationToken);
            return await _estimates.MakeAsync(plan, resolved, cancellationToken);
        }
        finally
        {
            _reading.Return(1);
        }
    }

    private ResolvedJudges Resolve(SweepBody body)
    {
        var resolved = judges.Resolve(body.Judges);
        return resolved.RecordedFiles.Count == 0
            ? resolved
            : throw new OrchestrationException(ErrorCodes.Usage, "The judge set holds recorded judgments (replay:FILE), which a request cannot name. Leave it out.");
    }

    private async Task<SweepPlan> PlanAsync(SweepBody body, Stream? rows, ResolvedJudges resolved, SweepAggregator aggregator, CancellationToken cancellationToken)
    {
        return new SweepPlan
        {
            Data = Data(body, rows) with { RowsPerShard = SweepRegistration.UsualRowsPerShard(resolved.Planned) },
            Judges = resolved.Planned,
            MinCoverage = body.MinCoverage ?? 0.8,
            Priority = body.Priority ?? 0,
            Aggregator = await aggregator.FixAsync(body.Aggregator, body.FollowActive, cancellationToken),
            AggregatorAsked = body.Aggregator is null ? null : body.FollowActive ? $"{body.Aggregator} followed" : body.Aggregator,
            OutputFolder = Path.Combine(Path.GetFullPath(state.Options.LocalFolder), "runs", state.Options.Time.GetUtcNow().ToString("yyyyMMdd-HHmmss-fff", CultureInfo.InvariantCulture)),
        };
    }

    private IngestOptions Data(SweepBody body, Stream? rows)
    {
        var options = new IngestOptions
        {
            Kind = body.Kind == "comparisons" ? DataKind.Comparisons : DataKind.Pairs,
            Inputs = ["-"],
            StandardInput = rows,
            Limit = body.Limit,
            Sample = body.Sample,
            Seed = body.Seed ?? 0,
            Keep = body.Keep,
            Map = body.Map,
            TempFolder = state.Options.LocalFolder,
        };
        if (rows is not null) return options;
        var known = judges.Config.DataSets;
        if (!known.TryGetValue(body.DataSet!, out var set))
        {
            throw new OrchestrationException(
                ErrorCodes.NotFound,
                $"No data set is called '{body.DataSet}'. {(known.Count == 0 ? "The configuration names none: add 'data-sets', or send the rows with the request." : $"There are: {string.Join(", ", known.Keys.Order(StringComparer.Ordinal))}.")}");
        }

        if (body.Kind is not null && (body.Kind == "comparisons") != (set.Kind == DataKind.Comparisons))
            throw new OrchestrationException(ErrorCodes.Usage, $"The data set '{set.Name}' holds {(set.Kind == DataKind.Pairs ? "pairs" : "comparisons")}. Leave kind out.");
        if (set.Files.FirstOrDefault(static f => !File.Exists(f)) is { } gone) throw new OrchestrationException(ErrorCodes.Input, $"The data set '{set.Name}' names {Path.GetFileName(gone)}, which is not on this machine.");
        return options with { Kind = set.Kind, Inputs = set.Files, StandardInput = null };
    }

    private static void Check(SweepBody body, bool hasRows)
    {
        Require(hasRows == body.DataSet is null, hasRows ? "Rows were sent, and data_set is named too. Leave one of them out." : "Name data_set, or send the rows themselves as application/x-ndjson.");
        Require(body.Kind is null or "pairs" or "comparisons", $"kind is '{body.Kind}'; it is pairs or comparisons.");
        Require(body.MinCoverage is null or (>= 0 and <= 1), "min_coverage: a share from 0 to 1.");
        Require(body.MaxCostUsd is null or > 0, "max_cost_usd: US dollars, more than 0.");
        Require(body.Limit is null or > 0, "limit: a number of rows, at least 1.");
        Require(body.Sample is null or > 0, "sample: a number of rows, at least 1.");
        Require(body.Limit is null || body.Sample is null, "limit and sample: give one of them.");
        Require(body.Priority is null or (>= -1000 and <= 1000), "priority: a number from -1000 to 1000.");
        Require(!body.FollowActive || body.Aggregator is not null, "follow_active: name the aggregator to follow.");
        SiloJudges.Refuse(body.Judges);
    }

    private static void Require(bool condition, string message)
    {
        if (!condition) throw new OrchestrationException(ErrorCodes.Usage, message);
    }
}
