using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Simulation.InMemory;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests.Aggregation;

public sealed class AggregatorTests
{
    private readonly ManualTime _time = new();
    private readonly InMemoryData _data;
    private readonly IAggregatorCatalog _catalog;
    private readonly IAggregator _aggregator;
    private readonly EmbeddedActors _actors;

    public AggregatorTests()
    {
        _data = new InMemoryData(_time);
        _catalog = _data.Open().Aggregators;
        _actors = new EmbeddedActors([], null, _time, _catalog);
        _aggregator = _actors.Aggregator(SampleVersions.Name);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_score_is_mapped_predicted_and_names_its_version()
    {
        var id = await _catalog.AddAsync(offset: 2, slope: 4);
        await _catalog.SetAsync(s => s with { Active = id });
        var reply = await PredictAsync([4, 2, 0, 0]);
        reply.Refusal.ShouldBeNull();
        reply.Scores.ShouldBe([2 + 4 * 0.75, 2]);
        reply.Coverage.ShouldBe([1, 1]);
        reply.Version(1).ShouldBe(id);
    }

    [Fact]
    public async Task Missing_judges_are_left_to_the_model_and_a_row_without_any_has_no_score()
    {
        var id = await _catalog.AddAsync(offset: 0);
        await _catalog.SetAsync(s => s with { Active = id });
        var reply = await PredictAsync([4, double.NaN, double.NaN, double.NaN, double.NaN, 1, 9, 1]);

        // The mean of the reference means, 0.375, and the present judge's deviation from its own.
        reply.Scores.ShouldBe([0.375 + 0.5, double.NaN, 0.375 + 0, 0.375 + 0], "a score off the stated scale is missing, not clipped");
        reply.Coverage.ShouldBe([0.5, 0, 0.5, 0.5]);
        (await _aggregator.PredictAsync(Request([4, double.NaN]) with { MinCoverage = 0.8 }, Cancel)).Scores.ShouldBe([double.NaN]);
    }

    [Fact]
    public async Task A_judge_without_a_column_is_missing_and_further_columns_do_not_matter()
    {
        var id = await _catalog.AddAsync(offset: 0);
        await _catalog.SetAsync(s => s with { Active = id });
        var columns = new AggregatorColumns([new AggregatorColumn("other"), new AggregatorColumn("chrf")]);
        var reply = await _aggregator.PredictAsync(new AggregatorRequest { Columns = columns, Scores = new double[] { 100, 1 } }, Cancel);
        reply.Scores.ShouldBe([0.375]);
        reply.Coverage.ShouldBe([0.5]);
    }

    [Fact]
    public async Task Another_rubric_makes_the_version_refuse_and_says_what_to_do()
    {
        var id = await _catalog.AddAsync(offset: 0);
        await _catalog.SetAsync(s => s with { Active = id });
        var columns = new AggregatorColumns([new AggregatorColumn("clarity@local", new string('d', 64)), new AggregatorColumn("chrf")]);
        var reply = await _aggregator.PredictAsync(new AggregatorRequest { Columns = columns, Scores = new double[] { 1, 1 } }, Cancel);
        reply.Refusal.ShouldNotBeNull().ShouldContain("was trained on judge 'clarity@local' with rubric cccccccccccc, which is now dddddddddddd");
        reply.Refusal.ShouldContain("Put the rubric back as it was, or train");
        reply.Scores.ShouldBeEmpty();

        var unknown = new AggregatorColumns([new AggregatorColumn("clarity@local"), new AggregatorColumn("chrf")]);
        (await _aggregator.PredictAsync(new AggregatorRequest { Columns = unknown, Scores = new double[] { 1, 1 } }, Cancel)).Refusal.ShouldBeNull("recordings do not say");
    }

    [Fact]
    public async Task Without_any_of_its_judges_or_any_active_version_it_refuses()
    {
        (await PredictAsync([1, 1])).Refusal.ShouldNotBeNull().ShouldContain("No version of the aggregator 'helpful' is active");
        var id = await _catalog.AddAsync(offset: 0);
        await _catalog.SetAsync(s => s with { Active = id });
        await RefreshAsync();
        var columns = new AggregatorColumns([new AggregatorColumn("other")]);
        var reply = await _aggregator.PredictAsync(new AggregatorRequest { Columns = columns, Scores = new double[] { 1 } }, Cancel);
        reply.Refusal.ShouldNotBeNull().ShouldContain("none of these judges is here");
    }

    [Fact]
    public async Task A_pinned_version_is_used_whatever_is_active()
    {
        var (active, pinned) = (await _catalog.AddAsync(offset: 1), await _catalog.AddAsync(offset: 5));
        await _catalog.SetAsync(s => s with { Active = active, Canary = active, CanaryShare = 1 });
        var reply = await _aggregator.PredictAsync(Request([0, 0]) with { Version = pinned, Pairs = new Hash128[1] }, Cancel);
        reply.Scores.ShouldBe([5]);
        reply.Versions.ShouldBe([pinned]);
        (await Should.ThrowAsync<OrchestrationException>(async () => await _aggregator.PredictAsync(Request([0, 0]) with { Version = new string('0', 64) }, Cancel)))
            .Code.ShouldBe(ErrorCodes.NotFound);
    }

    [Fact]
    public async Task A_shadow_is_scored_beside_and_never_returned()
    {
        var (active, shadow) = (await _catalog.AddAsync(offset: 1), await _catalog.AddAsync(offset: 3, slope: 2));
        await _catalog.SetAsync(s => s with { Active = active, Shadow = shadow });
        var reply = await PredictAsync([0, 0, 4, 4, double.NaN, double.NaN]);
        reply.Scores.ShouldBe([1, 2, double.NaN]);
        reply.Versions.ShouldBe([active]);
        await FlushAsync();
        var comparison = (await _catalog.ComparisonsAsync(SampleVersions.Name, Cancel)).ShouldHaveSingleItem();
        comparison.ShouldBe(new LiveComparison(active, shadow, 2, 0, 0, 1 + 2, 3 + 5, 1 + 4, 9 + 25, 3 + 10, 3));
        comparison.MeanDifference.ShouldBe(2.5);
        comparison.RootMeanSquaredDifference.ShouldBe(Math.Sqrt(6.5), 1e-12);
        comparison.Correlation.ShouldBe(1, 1e-12);
        await FlushAsync();
        (await _catalog.ComparisonsAsync(SampleVersions.Name, Cancel)).ShouldHaveSingleItem().Rows.ShouldBe(2, "written once");
    }

    [Fact]
    public async Task A_canary_gets_its_share_of_the_pairs_by_their_hash_and_both_are_compared()
    {
        const int Rows = 20_000;
        var (active, canary) = (await _catalog.AddAsync(offset: 1), await _catalog.AddAsync(offset: 2));
        var pairs = Enumerable.Range(0, Rows).Select(static i => IdHashOf(i)).ToArray();
        HashSet<Hash128>? before = null;
        foreach (var share in new[] { 0.05, 0.3, 1.0 })
        {
            await _catalog.SetAsync(s => s with { Active = active, Canary = canary, CanaryShare = share });
            await RefreshAsync();
            var reply = await _aggregator.PredictAsync(Request(new double[Rows * 2]) with { Pairs = pairs }, Cancel);
            for (var row = 0; row < Rows; row++) reply.Scores[row].ShouldBe(reply.Version(row) == canary ? 2 : 1);
            var chosen = Enumerable.Range(0, Rows).Where(row => reply.Version(row) == canary).Select(row => pairs[row]).ToHashSet();
            ((double)chosen.Count).ShouldBe(share * Rows, 4 * Math.Sqrt(share * (1 - share) * Rows) + 1e-9);
            before?.IsSubsetOf(chosen).ShouldBeTrue("a larger share keeps the pairs of a smaller one");
            before = chosen;
        }

        await FlushAsync();
        (await _catalog.ComparisonsAsync(SampleVersions.Name, Cancel)).ShouldHaveSingleItem().MeanDifference.ShouldBe(1);
    }

    [Fact]
    public async Task A_canary_that_refuses_leaves_everything_to_the_active_version()
    {
        var active = await _catalog.AddAsync(offset: 1);
        var other = SampleVersions.Make(9);
        var judges = other.Manifest.Basis.Judges;
        var stricter = AggregatorVersion.Create(other.Manifest with { Basis = other.Manifest.Basis with { Judges = [judges[0], judges[1] with { Version = "chrf/2" }] } }, other.Parts);
        await _catalog.AddAsync(new StoredAggregator(SampleVersions.Name, stricter.Id, "mean-fit", stricter.Manifest.ToJson(), stricter.Weights), Cancel);
        await _catalog.SetAsync(s => s with { Active = active, Canary = stricter.Id, CanaryShare = 1 });
        var columns = new AggregatorColumns([new AggregatorColumn("clarity@local", SampleVersions.Rubric), new AggregatorColumn("chrf", null, "chrf/3")]);
        var reply = await _aggregator.PredictAsync(new AggregatorRequest { Columns = columns, Scores = new double[] { 0, 0 }, Pairs = new Hash128[1] }, Cancel);
        reply.Scores.ShouldBe([1]);
        reply.Versions.ShouldBe([active]);
    }

    [Fact]
    public async Task A_swap_takes_effect_in_another_owner_within_a_poll_of_the_feed()
    {
        var (first, second) = (await _catalog.AddAsync(offset: 1), await _catalog.AddAsync(offset: 2));
        await _catalog.SetAsync(s => s with { Active = first });

        var elsewhere = _data.Open().Aggregators;
        var actors = new EmbeddedActors([], null, _time, elsewhere);
        var aggregator = actors.Aggregator(SampleVersions.Name);
        (await aggregator.PredictAsync(Request([0, 0]), Cancel)).Scores.ShouldBe([1]);
        using var stop = new CancellationTokenSource();
        var feed = new AggregatorFeed(elsewhere, () => actors.HostedAggregators).RunAsync(stop.Token);
        await _time.WaitBegunAsync(static wait => wait == AggregatorFeed.DefaultPoll);

        await _catalog.SetAsync(s => s with { Active = second });
        (await aggregator.PredictAsync(Request([0, 0]), Cancel)).Scores.ShouldBe([1], "nobody has looked yet");
        AggregatorFeed.DefaultPoll.ShouldBeLessThan(TimeSpan.FromSeconds(0.5));
        _time.Advance(AggregatorFeed.DefaultPoll);
        await WaitUntilAsync(() => ((Aggregator)aggregator).Epoch == 2 || feed.IsCompleted);
        (await aggregator.PredictAsync(Request([0, 0]), Cancel)).Scores.ShouldBe([2]);
        await stop.CancelAsync();
        await feed;
    }

    [Fact]
    public async Task A_version_that_cannot_be_made_leaves_the_old_one_in_effect_and_the_host_is_told()
    {
        var first = await _catalog.AddAsync(offset: 1);
        await _catalog.SetAsync(s => s with { Active = first });
        (await PredictAsync([0, 0])).Scores.ShouldBe([1]);
        var damaged = SampleVersions.Make(7);
        await _catalog.AddAsync(new StoredAggregator(SampleVersions.Name, damaged.Id, "mean-fit", damaged.Manifest.ToJson(), damaged.Weights[..^3]), Cancel);
        await _catalog.SetAsync(s => s with { Active = damaged.Id });
        var fault = await Should.ThrowAsync<OrchestrationException>(async () => await RefreshAsync());
        fault.Message.ShouldContain($"The weights of the stored version {damaged.ShortId} of the aggregator 'helpful' breaks off");
        (await PredictAsync([0, 0])).Scores.ShouldBe([1]);
    }

    /// <summary>Promise 7: a swap never tears. Two versions, swapped thousands of times under threads that predict; every result is whole and names its version.</summary>
    [Fact]
    public async Task Thousands_of_swaps_under_many_predicting_threads_never_tear_a_result()
    {
        const int Swaps = 3000;
        const int Rows = 64;
        var ids = new List<string>();
        for (var v = 0; v < 5; v++) ids.Add(await _catalog.AddAsync(offset: v * 100, slope: v + 1));
        await _catalog.SetAsync(s => s with { Active = ids[0] });
        await RefreshAsync();
        var scores = Enumerable.Range(0, Rows * 2).Select(static i => (double)(i / 2 % 5)).ToArray();
        var request = Request(scores);
        var done = false;
        var seen = new HashSet<string>[4];
        var batches = 0;
        using var begun = new CountdownEvent(seen.Length);
        Exception? torn = null;

        // Threads of their own: they never wait, and would keep the pool's from everybody else.
        var threads = Enumerable.Range(0, seen.Length).Select(t => new Thread(() =>
        {
            seen[t] = [];
            begun.Signal();
            do
            {
                var reply = _aggregator.PredictAsync(request, CancellationToken.None).AsTask().GetAwaiter().GetResult();
                var v = ids.IndexOf(reply.Versions.Single());
                for (var row = 0; row < Rows; row++)
                {
                    if (reply.Scores[row] != v * 100 + (v + 1) * (row % 5 / 4.0)) torn = new InvalidOperationException($"Row {row} has {reply.Scores[row]} and names version {v}.");
                }

                seen[t].Add(reply.Versions[0]);
                Interlocked.Increment(ref batches);
            }
            while (!Volatile.Read(ref done) && torn is null);
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        begun.Wait(Cancel);
        for (var swap = 1; swap <= Swaps; swap++)
        {
            await _catalog.SetAsync(s => s with { Active = ids[swap % ids.Count] });
            await RefreshAsync();
            if (swap % 7 != 0) continue;

            // Every version is met: batches that began after this swap are done before the next one.
            for (var until = Volatile.Read(ref batches) + 2 * threads.Length; Volatile.Read(ref batches) < until && torn is null;) Thread.Yield();
        }

        Volatile.Write(ref done, true);
        foreach (var thread in threads) thread.Join();
        torn.ShouldBeNull();
        (await _catalog.SettingAsync(SampleVersions.Name, Cancel)).Epoch.ShouldBe(Swaps + 1);
        ((Aggregator)_aggregator).Epoch.ShouldBe(Swaps + 1);
        seen.SelectMany(static s => s).Distinct(StringComparer.Ordinal).Count().ShouldBe(ids.Count, $"in {batches} batches");
    }

    [Fact]
    public async Task An_older_setting_read_late_does_not_replace_a_newer_one()
    {
        var (first, second) = (await _catalog.AddAsync(offset: 1), await _catalog.AddAsync(offset: 2));
        await _catalog.SetAsync(s => s with { Active = first });
        var slow = new SlowCatalog(_catalog);
        var aggregator = new Aggregator(SampleVersions.Name, slow);
        var late = aggregator.RefreshAsync(Cancel).AsTask();
        await slow.Read.Task;
        await _catalog.SetAsync(s => s with { Active = second });
        await aggregator.RefreshAsync(Cancel);
        aggregator.Epoch.ShouldBe(2);
        slow.GoOn.SetResult();
        await late;
        aggregator.Epoch.ShouldBe(2);
        (await aggregator.PredictAsync(Request([0, 0]), Cancel)).Scores.ShouldBe([2]);
    }

    private static Hash128 IdHashOf(int i) => Core.Pairs.PairHash.Of(i.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static AggregatorRequest Request(double[] scores) => new() { Columns = SampleVersions.Columns, Scores = scores };

    private ValueTask<AggregatorReply> PredictAsync(double[] scores) => _aggregator.PredictAsync(Request(scores), Cancel);

    private ValueTask RefreshAsync() => ((Aggregator)_aggregator).RefreshAsync(Cancel);

    private ValueTask FlushAsync() => ((Aggregator)_aggregator).FlushAsync(Cancel);

    private static async Task WaitUntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            Cancel.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Stops between reading the first setting and giving it out.</summary>
    private sealed class SlowCatalog(IAggregatorCatalog inner) : IAggregatorCatalog
    {
        private int _reads;

        public TaskCompletionSource Read { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<AggregatorSetting> SettingAsync(string name, CancellationToken cancellationToken)
        {
            var setting = await inner.SettingAsync(name, cancellationToken);
            if (Interlocked.Increment(ref _reads) != 1) return setting;
            Read.SetResult();
            await GoOn.Task;
            return setting;
        }

        public ValueTask<bool> AddAsync(StoredAggregator version, CancellationToken cancellationToken) => inner.AddAsync(version, cancellationToken);

        public ValueTask WaitAsync(TimeSpan most, CancellationToken cancellationToken) => inner.WaitAsync(most, cancellationToken);

        public ValueTask<StoredAggregator?> FindAsync(string id, string? name, CancellationToken cancellationToken) => inner.FindAsync(id, name, cancellationToken);

        public ValueTask<IReadOnlyList<AggregatorHead>> ListAsync(string? name, CancellationToken cancellationToken) => inner.ListAsync(name, cancellationToken);

        public ValueTask<AggregatorSetting?> TryChangeAsync(long epoch, AggregatorSetting setting, ActivationAttempt? attempt, CancellationToken cancellationToken) =>
            inner.TryChangeAsync(epoch, setting, attempt, cancellationToken);

        public ValueTask RecordAsync(ActivationAttempt attempt, CancellationToken cancellationToken) => inner.RecordAsync(attempt, cancellationToken);

        public ValueTask<IReadOnlyList<ActivationAttempt>> AttemptsAsync(string name, CancellationToken cancellationToken) => inner.AttemptsAsync(name, cancellationToken);

        public ValueTask<AggregatorChanges> ChangesAsync(long after, CancellationToken cancellationToken) => inner.ChangesAsync(after, cancellationToken);

        public ValueTask AddComparisonAsync(string name, LiveComparison comparison, CancellationToken cancellationToken) => inner.AddComparisonAsync(name, comparison, cancellationToken);

        public ValueTask<IReadOnlyList<LiveComparison>> ComparisonsAsync(string name, CancellationToken cancellationToken) => inner.ComparisonsAsync(name, cancellationToken);
    }
}
