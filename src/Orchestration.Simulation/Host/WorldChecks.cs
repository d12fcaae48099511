using System.Globalization;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Sweeps;
using Orchestration.Simulation.InMemory;

namespace Orchestration.Simulation.Host;

/// <summary>The promises of the map, looked at while a world runs. The first that is broken is kept; the world ends there.</summary>
internal sealed class WorldChecks(SimulatedWorld world, InMemoryData data)
{
    private readonly Dictionary<(string Sweep, int Shard), long> _epochs = [];
    private readonly Dictionary<(string Sweep, int Shard), ShardResult> _blocks = [];
    private readonly Dictionary<JudgmentAddress, StoredJudgment> _stored = [];
    private readonly Dictionary<string, decimal> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Owner, JudgmentAddress Address), long> _claimedAt = [];
    private readonly Dictionary<(string Owner, JudgmentAddress Address), long> _sentAt = [];
    private readonly Dictionary<JudgmentAddress, string> _storedBy = [];
    private long _activeEpoch;

    /// <summary>The promise that was broken, and how; null where all hold.</summary>
    public (int Promise, string What)? Broken { get; private set; }

    /// <summary>The block that stands for each shard.</summary>
    public IReadOnlyDictionary<(string Sweep, int Shard), ShardResult> Blocks => _blocks;

    /// <summary>Versions that were ever active.</summary>
    public HashSet<string> WereActive { get; } = new(StringComparer.Ordinal);

    public void Break(int promise, string what)
    {
        if (Broken is not null) return;
        Broken = (promise, what);
        world.Trace.Note(world.Timeline.Now, "checks", what);
    }

    /// <summary>Promise 3: a claim raises the epoch.</summary>
    public void Claimed(ShardLease lease)
    {
        var key = (lease.SweepId, lease.Shard);
        if (lease.Epoch <= _epochs.GetValueOrDefault(key)) Break(3, Text($"shard {lease.Shard} of {lease.SweepId} was claimed under epoch {lease.Epoch} after epoch {_epochs[key]}"));
        _epochs[key] = lease.Epoch;
    }

    /// <summary>Promise 3: nothing is written under an older epoch.</summary>
    public void WrittenUnder(ShardLease lease, string what)
    {
        var last = _epochs.GetValueOrDefault((lease.SweepId, lease.Shard));
        if (lease.Epoch != last) Break(3, Text($"shard {lease.Shard} of {lease.SweepId} was {what} under epoch {lease.Epoch}, and epoch {last} was claimed"));
    }

    /// <summary>Promise 3: each shard has one block, committed under the last epoch.</summary>
    public void Committed(ShardLease lease, ShardResult result)
    {
        WrittenUnder(lease, "committed");
        if (!_blocks.TryAdd((lease.SweepId, lease.Shard), result)) Break(3, Text($"shard {lease.Shard} of {lease.SweepId} was committed twice"));
    }

    /// <summary>Promise 2: the first writer wins, for ever.</summary>
    public void Put(string owner, in JudgmentAddress address)
    {
        _storedBy.TryAdd(address, owner);
        var held = data.Judgments[address];
        if (!_stored.TryAdd(address, held) && (_stored[address].Detail != held.Detail || !_stored[address].Values.SequenceEqual(held.Values)))
            Break(2, Text($"the stored judgment of pair {address.Pair} was overwritten: '{_stored[address].Detail.Rationale}' by '{held.Detail.Rationale}'"));
    }

    /// <summary>Promise 7: what is active changes by one epoch at a time.</summary>
    public void Changed(AggregatorSetting setting)
    {
        if (setting.Epoch != _activeEpoch + 1) Break(7, Text($"what is active was changed to epoch {setting.Epoch} after epoch {_activeEpoch}"));
        _activeEpoch = setting.Epoch;
        if (setting.Active is { } active) WereActive.Add(active);
    }

    /// <summary>The right to buy a judgment was given.</summary>
    public void Given(string owner, in JudgmentAddress address) => _claimedAt[(owner, address)] = world.Timeline.Now;

    /// <summary>
    /// Promise 2: a stored judgment is not bought again, and nobody buys what another living silo holds a claim on. Whoever took a claim over that had run out may
    /// still buy what its predecessor had sent for before, and stores meanwhile: that is counted as bought again.
    /// </summary>
    public void Sent(string owner, ChatRequest request, bool wasStopped)
    {
        if (world.Data.AddressOf(request.Origin.Judge, request.User) is not { } address || wasStopped) return;
        var isLate = _storedBy.GetValueOrDefault(address) is { } storer && storer != owner && _sentAt.GetValueOrDefault((storer, address)) <= _claimedAt.GetValueOrDefault((owner, address));
        _sentAt[(owner, address)] = world.Timeline.Now;
        if (data.Judgments.ContainsKey(address) && !isLate) Break(2, Text($"{owner} buys the judgment of pair {address.Pair} by {request.Origin.Judge}, which is stored"));
        if (data.Claims.GetValueOrDefault(address) is { } claim && claim.Owner != owner && claim.Until > data.Time.GetUtcNow() && !data.IsDead(claim.Owner))
            Break(2, Text($"{owner} buys the judgment of pair {address.Pair} by {request.Origin.Judge}, and {claim.Owner} holds the claim"));
    }

    /// <summary>Promise 6, at any moment: settled ≤ the endpoint's own total ≤ settled + unknown + held ≤ cap.</summary>
    public void Money(string payer)
    {
        var account = data.Spending[payer];
        var charged = world.Endpoint.Charged(payer);
        if (account.Settled > charged) Break(6, Text($"{payer}: settled ${account.Settled} of ${charged} charged"));
        if (charged > account.Settled + account.Unknown + account.Held) Break(6, Text($"{payer}: ${charged} charged, and only ${account.Settled} settled, ${account.Unknown} unknown and ${account.Held} held"));
        if (account.Cap is { } cap && account.Settled + account.Unknown + account.Held > cap) Break(6, Text($"{payer}: ${account.Settled} settled, ${account.Unknown} unknown and ${account.Held} held pass the cap of ${cap}"));
    }

    /// <summary>After every message that the store has worked on.</summary>
    public void AfterCall()
    {
        foreach (var (payer, account) in data.Spending.Accounts)
        {
            // Only where something changed.
            var sum = account.Settled + (account.Unknown * 3) + (account.Held * 7);
            if (_seen.GetValueOrDefault(payer) == sum) continue;
            _seen[payer] = sum;
            Money(payer);
        }
    }

    /// <summary>When every silo has ended in order, and has not yet left the store.</summary>
    public void AtEnd()
    {
        Quota(60, world.Plan.RequestsPerMinute);
        Quota(1, (int)Math.Ceiling(1.5 * world.Plan.RequestsPerMinute / 60));
        foreach (var (address, claim) in data.Claims)
        {
            if (!data.IsDead(claim.Owner) && claim.Until > data.Time.GetUtcNow()) Break(2, Text($"{claim.Owner} has ended and still holds the claim on pair {address.Pair}"));
        }

        foreach (var open in data.Spending.Open.Values)
        {
            if (!data.IsDead(open.Owner)) Break(6, Text($"{open.Owner} has ended and left {open.Reservation} open"));
        }

        for (var s = 0; s < world.Plan.Sweeps.Count; s++) Results(s);
    }

    /// <summary>Promise 5, at the endpoint: so many calls at most in any window. What a stopped process could not help sending is counted apart.</summary>
    private void Quota(int seconds, int most)
    {
        var arrivals = world.Endpoint.Arrivals;
        for (int first = 0, last = 0; last < arrivals.Count; last++)
        {
            while (arrivals[last] - arrivals[first] >= seconds * TimeSpan.TicksPerSecond) first++;
            if (last - first + 1 <= most) continue;
            Break(5, Text($"{last - first + 1} calls within {seconds} s, up to {arrivals[last] / (double)TimeSpan.TicksPerSecond:0.000} s, where {most} may be"));
            return;
        }
    }

    /// <summary>Promises 3 and 7: the blocks of an undisturbed run; where the sweep follows what is active, of one version that was.</summary>
    private void Results(int sweep)
    {
        var id = SimulatedWorld.SweepId(sweep);
        var planned = world.Plan.Sweeps[sweep];
        var reference = world.Reference;
        for (var shard = 0; shard < planned.Shards.Length; shard++)
        {
            if (!_blocks.TryGetValue((id, shard), out var result))
            {
                Break(3, Text($"shard {shard} of {id} has no block"));
            }
            else if (reference is not null && planned.Definition != SimulationData.Following)
            {
                if (!result.Block.AsSpan().SequenceEqual(reference[planned.Definition][planned.Shards[shard]])) Break(3, Text($"the block of shard {shard} of {id} is not that of an undisturbed run"));
            }
            else if (reference is not null)
            {
                Followed(Text($"the block of shard {shard} of {id}"), ResultBlock.Decode(result.Block), reference, planned.Shards[shard]);
            }
        }
    }

    private void Followed(string which, ResultBlock block, byte[][][] reference, int place)
    {
        if (block.Aggregates.Versions is not [var version] || !WereActive.Contains(version))
        {
            Break(7, $"{which} names {string.Join(" and ", block.Aggregates.Versions)}, and one version that was active is wanted");
            return;
        }

        var number = world.Data.Loaded.Select(static (v, n) => (v.Id, n)).First(v => v.Id == version).n + 1;
        var wanted = ResultBlock.Decode(reference[number][place]);
        if (!block.Scores.SequenceEqual(wanted.Scores)) Break(7, $"{which} names version {version[..8]}, and its scores are not that version's");
        if (!ResultBlock.Encode(block.Table, wanted.Aggregates).AsSpan().SequenceEqual(reference[number][place])) Break(3, $"{which} holds other judgments than an undisturbed run");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
