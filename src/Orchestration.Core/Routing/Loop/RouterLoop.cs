using System.Globalization;
using Orchestration.Core.Routing.Bandits;
using Orchestration.Core.Spending;
using Orchestration.Core.Stores;
using Orchestration.Learning.Drift;

namespace Orchestration.Core.Routing.Loop;

/// <summary>How the loop of a router is run.</summary>
public sealed record RouterLoopOptions
{
    /// <summary>Measures deadlines and waits.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Told, a line each, what people should know.</summary>
    public Action<string> Note { get; init; } = static _ => { };

    /// <summary>Answers judged at once, 1–256.</summary>
    public int Concurrency { get; init; } = 8;

    /// <summary>Time for the judges of one answer; those that have not answered by then are missing.</summary>
    public TimeSpan JudgingDeadline { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often the feed of rewards and the list of quarantines are looked at.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often what is too old is looked for.</summary>
    public TimeSpan Tidy { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How soon drift is noticed, and how seldom by mistake.</summary>
    public DriftOptions Drift { get; init; } = new();
}

/// <summary>What a loop has done in this process.</summary>
/// <param name="Accepted">Routes that ended.</param>
/// <param name="Written">Of them written to the ledger.</param>
/// <param name="Dropped">Of them dropped: the queue was full, or the store away at the end.</param>
/// <param name="Judged">Answers judged, those that nobody scored included.</param>
/// <param name="Unscored">Of them without a score.</param>
/// <param name="NotJudged">Answers that were to be judged and were not: no room in the queue, no text, no money, or a judge set that cannot be asked.</param>
/// <param name="RewardsDropped">Rewards dropped: the ledger's queue was full.</param>
public sealed record LoopCounts(long Accepted, long Written, long Dropped, long Judged, long Unscored, long NotJudged, long RewardsDropped);

/// <summary>
/// What a router does behind the requests: writes routes, has a share of the answers judged, follows the feed of rewards for the bandits, follows the list of quarantines, forgets what is too old. Starts nothing by
/// itself: the host runs it as long as it serves, and cancels it to have what is left written.
/// </summary>
public sealed class RouterLoop
{
    /// <summary>Who pays for judging routed answers: this, <c>:</c> and the day.</summary>
    public const string Payer = "router-judging";

    private const int FeedPage = 1000;
    private const int ForgetStep = 10_000;

    private readonly Router _router;
    private readonly IStore _store;
    private readonly RouterLoopOptions _options;
    private readonly AnswerJudge _judge;
    private readonly RewardHistory _history;
    private Task _following = Task.CompletedTask;
    private readonly Lock _capping = new();
    private IReadOnlyDictionary<string, string> _quarantinedJudges = new Dictionary<string, string>(StringComparer.Ordinal);
    private RouterJudges? _judges;
    private Learner[] _learners = [];
    private long _quarantines = -1;
    private (string Payer, decimal? Usd, Task Set) _cap = ("", null, Task.CompletedTask);
    private (string Payer, decimal? Usd) _spent;
    private long _judged;
    private long _unscored;
    private long _notJudged;

    /// <summary>Creates it.</summary>
    /// <param name="router">A router with the ledger of <paramref name="store"/>.</param>
    /// <param name="actors">Hosts the judges and aggregators; its judges should keep no judgments (<see cref="ForgettingJudgments"/>).</param>
    /// <param name="store">Everything durable.</param>
    /// <param name="options">How it is run.</param>
    public RouterLoop(Router router, IActors actors, IStore store, RouterLoopOptions options)
    {
        ArgumentNullException.ThrowIfNull(router);
        ArgumentNullException.ThrowIfNull(actors);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Concurrency is < 1 or > 256) throw new OrchestrationException(ErrorCodes.Configuration, string.Create(CultureInfo.InvariantCulture, $"Concurrency is {options.Concurrency} and must be 1 to 256."));
        if (router.Log is null) throw new OrchestrationException(ErrorCodes.Configuration, "The router has no ledger; make it with the store's.");
        (_router, _store, _options) = (router, store, options);
        _judge = new AnswerJudge(actors, store.Aggregators, options.Time);
        _history = new RewardHistory(store.Routing, options.Drift, router.Judged);
        router.Watch = _history.Drift;
    }

    /// <summary>What it has done.</summary>
    public LoopCounts Counts
    {
        get
        {
            var log = _router.Log!;
            return new LoopCounts(
                log.Accepted, log.Written, log.Dropped, Interlocked.Read(ref _judged), Interlocked.Read(ref _unscored), Interlocked.Read(ref _notJudged) + _router.ToJudge.Dropped + _router.ToJudge.Textless, log.RewardsDropped);
        }
    }

    /// <summary>Judges that are quarantined, with the reason; as of the last look.</summary>
    public IReadOnlyDictionary<string, string> QuarantinedJudges => Volatile.Read(ref _quarantinedJudges);

    /// <summary>Puts another judge set and other learners into effect. A learner that is new begins at the beginning of the feed.</summary>
    /// <param name="judges">Judges routed answers; null where nobody does.</param>
    /// <param name="learners">By the policy that each makes.</param>
    public void Use(RouterJudges? judges, IReadOnlyList<BanditLearner> learners)
    {
        ArgumentNullException.ThrowIfNull(learners);
        Volatile.Write(ref _judges, judges);
        var known = Volatile.Read(ref _learners);
        Volatile.Write(ref _learners, [.. learners.Select(learner => known.FirstOrDefault(k => k.Bandit == learner) ?? new Learner(learner))]);
    }

    /// <summary>Takes a comparison that was judged in both orders at this silo, beside routed traffic: whether a judge's verdicts begin to turn with the order is watched. It is shown, and quarantines nobody.</summary>
    /// <param name="judge">The judge's name.</param>
    /// <param name="flipped">True where the two verdicts prefer different answers.</param>
    public void Compared(string judge, bool flipped)
    {
        ArgumentNullException.ThrowIfNull(judge);
        _history.Drift.Compared(judge, _options.Time.GetUtcNow(), flipped);
    }

    /// <summary>Runs until cancelled; then what is left is written. Judging that is under way is broken off, and not recorded.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var log = ActorTasks.Start(() => _router.Log!.RunAsync(stop.Token));
        List<Task> running = [log, ActorTasks.Start(() => EveryAsync(_options.Poll, FollowAsync, stop.Token)), ActorTasks.Start(() => EveryAsync(_options.Tidy, ForgetAsync, stop.Token))];
        for (var i = 0; i < _options.Concurrency; i++) running.Add(ActorTasks.Start(() => JudgeAsync(stop.Token)));

        // None of them ends by itself: one that does has failed, and takes the others along.
        await Task.WhenAny(running);
        await ActorTasks.CancelAsync(stop);
        await Task.WhenAll(running);
    }

    /// <summary>Looks once at quarantines and at the feed of rewards, to its end; quarantines what drifted where that is wanted; has bandits learn.</summary>
    public async ValueTask FollowAsync(CancellationToken cancellationToken)
    {
        // One at a time: whoever comes while another looks begins when that one is done.
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_capping) (before, _following) = (_following, done.Task);
        await before;
        try
        {
            var quarantines = await _history.FollowAsync(cancellationToken);
            var config = _router.Setup.Config;
            if (config.Quarantines)
            {
                quarantines = await _history.Drift.ActAsync(
                    _store, [.. config.Experts.Select(static e => e.Name)], [.. Volatile.Read(ref _judges)?.Columns.Select(static c => c.Name) ?? []], quarantines, _options.Note, cancellationToken);
            }

            if (quarantines.Epoch != _quarantines)
            {
                _router.Quarantine(quarantines.Reasons(QuarantineKind.Expert));
                Volatile.Write(ref _quarantinedJudges, quarantines.Reasons(QuarantineKind.Judge));
                _quarantines = quarantines.Epoch;
            }

            foreach (var learner in Volatile.Read(ref _learners)) await LearnAsync(learner, cancellationToken);
        }
        finally
        {
            done.SetResult();
        }
    }

    /// <summary>What is known of experts and judges, from what this loop has followed so far.</summary>
    public ValueTask<RouterReport> ReportAsync(CancellationToken cancellationToken) => RouterReporter.MakeAsync(_store.Routing, _history, _router.Judged, _options.Time, cancellationToken);

    private async ValueTask LearnAsync(Learner learner, CancellationToken cancellationToken)
    {
        var hasLearned = !learner.HasBegun;
        learner.HasBegun = true;
        while (true)
        {
            var page = await _store.Routing.RewardsAsync(learner.After, FeedPage, cancellationToken);
            if (page.Rewards.Count == 0) break;
            var taken = learner.Bandit.Take(page.Rewards.Where(static r => r is { Score: not null, Kind: PlanKind.Single }).Select(static r => new BanditReward
            {
                RouteId = r.RouteId,
                DecidedAt = r.DecidedAt,
                RatedAt = r.JudgedAt,
                Expert = r.Expert,
                FeaturesVersion = r.FeaturesVersion,
                Features = r.Features,
                Quality = r.Score!.Value,
            }));
            hasLearned |= taken.Taken + taken.Replaced > 0;
            learner.After = page.Through;
        }

        if (hasLearned) _router.UsePolicy(learner.Bandit.Snapshot());
    }

    private async ValueTask ForgetAsync(CancellationToken cancellationToken)
    {
        while (await _store.Routing.ForgetAsync(_options.Time.GetUtcNow() - _router.Setup.Config.KeepFor, ForgetStep, cancellationToken) > 0)
        {
            // A step at a time, so that routes are written in between.
        }
    }

    private async Task JudgeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var outcome in _router.ToJudge.Reader.ReadAllAsync(cancellationToken))
            {
                try
                {
                    await JudgeAsync(outcome, cancellationToken);
                }
                catch (OrchestrationException fault)
                {
                    Interlocked.Increment(ref _notJudged);
                    _options.Note($"a routed answer is not judged: {fault.Message}");
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What was under way is not recorded: a judge that was cut off has said nothing.
        }
    }

    private async ValueTask JudgeAsync(RouteOutcome outcome, CancellationToken cancellationToken)
    {
        var config = _router.Setup.Config;
        var now = _options.Time.GetUtcNow();
        var payer = string.Create(CultureInfo.InvariantCulture, $"{Payer}:{now:yyyy-MM-dd}");
        if (Volatile.Read(ref _judges) is not { Columns.Count: > 0 } judges || IsSpent(payer, config.JudgingUsdPerDay))
        {
            Interlocked.Increment(ref _notJudged);
            return;
        }

        await CapAsync(payer, config.JudgingUsdPerDay);
        var reward = await _judge.JudgeAsync(outcome, config, judges, Volatile.Read(ref _quarantinedJudges), payer, now + _options.JudgingDeadline, cancellationToken);
        if (reward.Unscored.Values.Contains(AnswerJudge.SpendCap, StringComparer.Ordinal))
        {
            lock (_capping) _spent = (payer, config.JudgingUsdPerDay);
            _options.Note($"no more routed answers are judged today: the day's {config.JudgingUsdPerDay?.ToString(CultureInfo.InvariantCulture)} USD for judging are spent");

            // Half a judge set is no measure of this answer beside those that the whole one judged.
            Interlocked.Increment(ref _notJudged);
            return;
        }

        Interlocked.Increment(ref _judged);
        if (reward.Score is null) Interlocked.Increment(ref _unscored);
        _router.Log!.Add(reward);
    }

    private bool IsSpent(string payer, decimal? usd)
    {
        lock (_capping) return usd is not null && _spent == (payer, usd);
    }

    private Task CapAsync(string payer, decimal? usd)
    {
        lock (_capping)
        {
            // One that failed is tried again.
            if (_cap.Payer != payer || _cap.Usd != usd || _cap.Set.IsFaulted) _cap = (payer, usd, _store.Spending.SetCapAsync(payer, usd, CancellationToken.None).AsTask());
            return _cap.Set;
        }
    }

    private async Task EveryAsync(TimeSpan pause, Func<CancellationToken, ValueTask> look, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await look(cancellationToken);
                }
                catch (OrchestrationException fault)
                {
                    _options.Note($"the router's ledger cannot be read: {fault.Message}");
                }

                await Task.Delay(pause, _options.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It ends in order.
        }
    }

    private sealed class Learner(BanditLearner bandit)
    {
        public BanditLearner Bandit { get; } = bandit;

        public long After { get; set; }

        public bool HasBegun { get; set; }
    }
}
