using System.Globalization;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Pairs;
using Orchestration.Core.Spending;
using Orchestration.Core.Sweeps;

namespace Orchestration.Core.Batches;

/// <summary>
/// Buys a sweep's missing judgments by batches before its shards are worked: plans files, makes batches, waits for them and stores what they say under
/// the addresses of single calls. The worker then finds them stored, and makes single calls for the rest. docs/design/batch.md says what happens when.
/// </summary>
public sealed class BatchPass
{
    private static readonly TimeSpan HoldPoll = TimeSpan.FromSeconds(1);

    private readonly ISweepStore _sweeps;
    private readonly IBatchLog _log;
    private readonly ISpendLedger _ledger;
    private readonly TimeProvider _time;
    private readonly SweepRecord _sweep;
    private readonly BatchMeter _meter;
    private readonly IReadOnlyList<LlmJudge> _judges;
    private readonly Func<string, IBatchDeployment> _deploymentOf;
    private readonly BatchCalls _calls;
    private readonly BatchHarvest _harvest;
    private readonly Dictionary<string, IBatchDeployment> _deployments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BatchFile> _files = new(StringComparer.Ordinal);
    private readonly List<OpenBatch> _open = [];
    private readonly HashSet<JudgmentAddress> _pending = [];
    private readonly HashSet<JudgmentAddress> _failed = [];
    private long _made;
    private bool _goesOn;

    /// <summary>Creates it.</summary>
    /// <param name="stores">Where sweeps, judgments, money and batches are written down.</param>
    /// <param name="time">Measures waits.</param>
    /// <param name="sweep">The sweep.</param>
    /// <param name="judges">Its judges, in the order of its definition; those that are no <see cref="LlmJudge"/> are left to the worker.</param>
    /// <param name="deployments">The batches of a deployment, by its name.</param>
    /// <param name="meter">Shows what happens.</param>
    public BatchPass(BatchStores stores, TimeProvider time, SweepRecord sweep, IEnumerable<IJudge> judges, Func<string, IBatchDeployment> deployments, BatchMeter meter)
    {
        ArgumentNullException.ThrowIfNull(stores);
        _sweeps = stores.Sweeps;
        _log = stores.Batches;
        _ledger = stores.Spending;
        _time = time;
        _sweep = sweep;
        _meter = meter;
        _judges = [.. judges.OfType<LlmJudge>()];
        _deploymentOf = deployments;
        _calls = new BatchCalls(stores.Sweeps, stores.Judgments, sweep, _judges);
        _harvest = new BatchHarvest(stores.Judgments, stores.Batches, _judges, meter);
    }

    /// <summary>Collects the batches that the sweep has at endpoints, and makes new ones for what is missing.</summary>
    /// <param name="makesNew">False to collect only.</param>
    /// <param name="cancellationToken">Stops waiting; batches run on at the endpoints and are collected next time.</param>
    /// <returns>
    /// <see cref="SweepState.Running"/> where everything that batches can bring is stored; otherwise the state somebody else gave the sweep.
    /// </returns>
    /// <exception cref="SpendCapReachedException">Not one more line fits under the sweep's cap, and no batch is out that could make room.</exception>
    /// <exception cref="OrchestrationException">An endpoint refuses batches, or one was cancelled there.</exception>
    public async Task<SweepState> RunAsync(bool makesNew, CancellationToken cancellationToken)
    {
        while (!await _log.TryHoldAsync(_sweep.Id, cancellationToken))
        {
            _meter.SetProblem("another process has this sweep's batches in hand; waiting for it");
            await Task.Delay(HoldPoll, _time, cancellationToken);
            if (await StateAsync(cancellationToken) is not SweepState.Running and var state) return state;
        }

        try
        {
            _meter.SetProblem(null);
            _open.AddRange(await _log.OpenAsync(_sweep.Id, cancellationToken));
            foreach (var open in _open) _meter.Seen(open.Id, open.Batch.Requests, 0);
            for (var i = _open.Count - 1; i >= 0; i--)
            {
                if (_open[i].RemoteId is null) await RecoverAsync(i, cancellationToken);
            }

            // What is at the endpoints from before is collected first: which addresses it holds is only known from its answers.
            await DrainAsync(cancellationToken);
            if (!makesNew) return SweepState.Running;
            do
            {
                _goesOn = false;
                _pending.Clear();
                await foreach (var call in _calls.FindAsync(cancellationToken)) await AddAsync(call, cancellationToken);
                foreach (var file in _files.Values)
                {
                    while (file.Lines > 0) await SendAsync(file, cancellationToken);
                }

                await DrainAsync(cancellationToken);
            }
            while (_goesOn);
            return SweepState.Running;
        }
        catch (SweepEndedException ended)
        {
            return ended.State;
        }
        finally
        {
            await _log.ReleaseAsync(_sweep.Id);
        }
    }

    private async ValueTask AddAsync(BatchCall call, CancellationToken cancellationToken)
    {
        // The same pair twice is one judgment; a file must not hold an id twice.
        if (_failed.Contains(call.Mark.Address) || !_pending.Add(call.Mark.Address)) return;
        var name = _judges[call.Mark.Judge].Question.Deployment.Name;
        if (!_files.TryGetValue(name, out var file)) _files[name] = file = new BatchFile(Deployment(name));
        call = call with { BoundUsd = call.BoundUsd * file.Deployment.Options.PriceFactor };
        while (!file.TryAdd(call)) await SendAsync(file, cancellationToken);
        _meter.AddPlanned();
    }

    /// <summary>Makes a batch of the file's lines, or of as many of the first as fit under the cap; waits for others where none does.</summary>
    private async ValueTask SendAsync(BatchFile file, CancellationToken cancellationToken)
    {
        var deployment = file.Deployment;
        while (_open.Count(open => open.Batch.Deployment == deployment.Name) >= deployment.Options.MaxOpen) await WaitAsync(cancellationToken);
        var isPriced = _judges.First(judge => judge.Question.Deployment.Name == deployment.Name).Question.Deployment.Prices is not null;
        OpenBatch? open = null;
        var lines = 0;
        while (open is null)
        {
            lines = Math.Min(isPriced ? file.Fitting(await RoomAsync(cancellationToken)) : file.Lines, file.MaxLines);
            if (lines > 0)
            {
                var intent = PairHash.Of(
                    "batch", _sweep.Id, _sweep.Fingerprint, _sweep.OutputFolder, _sweep.CreatedAt.UtcTicks.ToString(CultureInfo.InvariantCulture),
                    _time.GetUtcNow().UtcTicks.ToString(CultureInfo.InvariantCulture), (++_made).ToString(CultureInfo.InvariantCulture), file.Hash(lines)).ToString();
                open = await _log.IntendAsync(
                    new NewBatch(_sweep.Id, deployment.Name, intent, lines, isPriced ? file.BoundUsd(lines) : null, file.LargestBoundUsd(lines)), cancellationToken);
            }

            if (open is not null) break;
            if (_open.Count == 0) throw new SpendCapReachedException(_sweep.Id, file.BoundUsd(1));
            await WaitAsync(cancellationToken);
        }

        _meter.Seen(open.Id, lines, 0);
        open = await MakeAsync(open, deployment, file.Content(lines), cancellationToken);
        file.Drop(lines);
        _open.Add(open);
    }

    private async ValueTask<OpenBatch> MakeAsync(OpenBatch open, IBatchDeployment deployment, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        try
        {
            var file = await PatientlyAsync(() => deployment.UploadAsync($"orchestration-{open.Batch.Intent}.jsonl", content, cancellationToken), deployment, cancellationToken);
            while (true)
            {
                var made = await PatientlyAsync(() => deployment.CreateAsync(file, open.Batch.Intent, cancellationToken), deployment, cancellationToken)
                    ?? await FindAsync(open.Batch.Intent, deployment, _time.GetUtcNow(), cancellationToken);
                if (made is null) continue;
                await _log.MadeAsync(open.Id, made.Id);
                return open with { RemoteId = made.Id };
            }
        }
        catch (OrchestrationException)
        {
            // Refused: it was not made, and nothing is charged.
            await _log.FinishAsync(open, SweepTotals.None, 0);
            _meter.Ended(open.Id, 0, 0, CallTotals.None);
            throw;
        }
    }

    /// <summary>An intent of a process that is no more: the batch is found at the endpoint, or was not made.</summary>
    private async ValueTask RecoverAsync(int index, CancellationToken cancellationToken)
    {
        var open = _open[index];
        if (await FindAsync(open.Batch.Intent, Deployment(open.Batch.Deployment), open.CreatedAt, cancellationToken) is { } found)
        {
            await _log.MadeAsync(open.Id, found.Id);
            _open[index] = open with { RemoteId = found.Id };
            return;
        }

        await _log.FinishAsync(open, SweepTotals.None, 0);
        _meter.Ended(open.Id, 0, 0, CallTotals.None);
        _open.RemoveAt(index);
    }

    /// <summary>Looks for a batch until it is listed or it is certain that it never will be.</summary>
    private async ValueTask<RemoteBatch?> FindAsync(string intent, IBatchDeployment deployment, DateTimeOffset intendedAt, CancellationToken cancellationToken)
    {
        while (true)
        {
            var askedAt = _time.GetUtcNow();
            var found = await PatientlyAsync(() => deployment.FindAsync(intent, intendedAt - TimeSpan.FromHours(1), cancellationToken), deployment, cancellationToken);
            if (found is not null || askedAt - intendedAt >= deployment.Options.ListedWithin) return found;
            await Task.Delay(Shorter(deployment.Options.Poll, deployment.Options.ListedWithin), _time, cancellationToken);
        }
    }

    /// <summary>Waits until no batch is out.</summary>
    private async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        await LookAsync(cancellationToken);
        while (_open.Count > 0) await WaitAsync(cancellationToken);
    }

    /// <summary>Waits until the next look, and looks.</summary>
    private async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(_open.Select(open => Deployment(open.Batch.Deployment).Options.Poll).DefaultIfEmpty(HoldPoll).Min(), _time, cancellationToken);
        await LookAsync(cancellationToken);
    }

    /// <summary>Looks at every batch, and collects those that are over.</summary>
    private async ValueTask LookAsync(CancellationToken cancellationToken)
    {
        if (_open.Count > 0 && await StateAsync(cancellationToken) is not SweepState.Running and var state) throw new SweepEndedException(state);
        string? problem = null;
        for (var i = _open.Count - 1; i >= 0; i--)
        {
            var open = _open[i];
            var deployment = Deployment(open.Batch.Deployment);
            try
            {
                var remote = await deployment.GetAsync(open.RemoteId!, cancellationToken);
                _meter.Seen(open.Id, open.Batch.Requests, remote.Done);
                if (remote.State == RemoteBatchState.Working) continue;
                _open.RemoveAt(i);
                try
                {
                    Judge(remote, deployment, await _harvest.CollectAsync(open, remote, deployment, _pending, _failed, cancellationToken));
                }
                catch (EndpointUnavailableException)
                {
                    _open.Insert(i, open);
                    throw;
                }
            }
            catch (EndpointUnavailableException failure)
            {
                problem = failure.Message;
            }
        }

        _meter.SetProblem(problem);
    }

    /// <summary>What the end of a batch means for the rest.</summary>
    private void Judge(RemoteBatch remote, IBatchDeployment deployment, BatchHarvest.Yield yield)
    {
        switch (remote.State)
        {
            case RemoteBatchState.Failed when remote.ErrorCode == "token_limit_exceeded":
                // The endpoint's queue is full: smaller files, and all that is missing once more.
                var lines = _files.TryGetValue(deployment.Name, out var file) ? file.MaxLines : deployment.Options.MaxRequests;
                if (lines <= 1) throw Failed(remote, deployment);
                if (file is not null) file.MaxLines = lines / 2;
                _goesOn = true;
                break;
            case RemoteBatchState.Failed:
                throw Failed(remote, deployment);
            case RemoteBatchState.Cancelled:
                throw new OrchestrationException(
                    ErrorCodes.Deployment,
                    $"Batch {remote.Id} of deployment '{deployment.Name}' was cancelled at the endpoint. What it had is stored. Go on with 'orchestrate sweep resume {_sweep.Id} --batch', or without --batch for single calls.");
            case RemoteBatchState.Expired:
                // Once more, as long as that gets anywhere.
                if (yield is { Untouched: > 0, Scored: > 0 }) _goesOn = true;
                break;
        }
    }

    private static OrchestrationException Failed(RemoteBatch remote, IBatchDeployment deployment) => new(
        ErrorCodes.Deployment,
        $"Batch {remote.Id} of deployment '{deployment.Name}' failed as a whole{(remote.ErrorCode is { } code ? $" ({code})" : "")}{(remote.ErrorMessage is { } message ? $": {message}" : "")}. Nothing of it was charged. Mend the cause and resume, or leave --batch out.");

    /// <summary>Asks until the endpoint answers: batches have time.</summary>
    private async ValueTask<T> PatientlyAsync<T>(Func<ValueTask<T>> ask, IBatchDeployment deployment, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var answer = await ask();
                _meter.SetProblem(null);
                return answer;
            }
            catch (EndpointUnavailableException failure)
            {
                _meter.SetProblem(failure.Message);
            }

            await Task.Delay(deployment.Options.Poll, _time, cancellationToken);
            if (await StateAsync(cancellationToken) is not SweepState.Running and var state) throw new SweepEndedException(state);
        }
    }

    /// <summary>What the cap leaves, in US dollars.</summary>
    private async ValueTask<decimal> RoomAsync(CancellationToken cancellationToken)
    {
        var status = await _ledger.StatusAsync(_sweep.Id, cancellationToken);
        return status.CapUsd is { } cap ? cap - status.SettledUsd - status.ReservedUsd - status.UnknownUsd : decimal.MaxValue;
    }

    private async ValueTask<SweepState> StateAsync(CancellationToken cancellationToken) =>
        (await _sweeps.FindAsync(_sweep.Id, cancellationToken))?.State ?? SweepState.Cancelled;

    private IBatchDeployment Deployment(string name)
    {
        if (!_deployments.TryGetValue(name, out var deployment)) _deployments[name] = deployment = _deploymentOf(name);
        return deployment;
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan two) => one < two ? one : two;

#pragma warning disable CA1064, CA1032, RCS1194 // Seen by nobody outside of this class.
    private sealed class SweepEndedException(SweepState state) : Exception
#pragma warning restore CA1064, CA1032, RCS1194
    {
        public SweepState State { get; } = state;
    }
}

/// <summary>The ports that batch mode needs.</summary>
/// <param name="Sweeps">The sweep and its shards.</param>
/// <param name="Judgments">Where judgments are stored.</param>
/// <param name="Spending">What the cap leaves.</param>
/// <param name="Batches">What is at endpoints.</param>
public sealed record BatchStores(ISweepStore Sweeps, IJudgmentStore Judgments, ISpendLedger Spending, IBatchLog Batches);
