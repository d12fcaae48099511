using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Leases;
using Orchestration.Core.Pairs;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Leases;

public sealed class JudgeLeasesTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    private readonly ManualTime _time = new();

    [Fact]
    public void One_holder_has_all_and_several_have_equal_parts()
    {
        var leases = new JudgeLeases(12, Lease, _time);
        leases.Grant("a").ShouldBe(new JudgeLease(12, Lease));

        leases.Grant("b").Share.ShouldBe(1, "a has not given anything back yet");
        leases.Grant("a").Share.ShouldBe(6);
        leases.Grant("b").Share.ShouldBe(6);
        leases.Grant("c").Share.ShouldBe(1);
        leases.Grant("a").Share.ShouldBe(4);
        leases.Grant("b").Share.ShouldBe(4);
        leases.Grant("c").Share.ShouldBe(4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(16)]
    public void Together_they_hold_at_most_the_limit_and_one_for_each_that_has_just_come(int limit)
    {
        var leases = new JudgeLeases(limit, Lease, _time);
        var random = new Random(limit);
        for (var step = 0; step < 2000; step++)
        {
            var holder = $"h{random.Next(8)}";
            if (random.Next(10) == 0) leases.Release(holder);
            else leases.Grant(holder).Share.ShouldBeInRange(1, limit);
            if (random.Next(4) == 0) _time.Advance(TimeSpan.FromSeconds(random.Next(6)));
            var holders = leases.Holders();
            holders.Sum(static held => held.Share).ShouldBeLessThanOrEqualTo(limit + Math.Max(0, holders.Count - 1));
        }

        // Whoever held more than is fair gives it back with its renewal, and then it is there for the others.
        for (var round = 0; round < 2; round++)
        {
            foreach (var (holder, _) in leases.Holders()) leases.Grant(holder);
        }

        var all = leases.Holders();
        all.Sum(static held => held.Share).ShouldBe(Math.Max(limit, all.Count));
    }

    [Fact]
    public void Once_all_have_renewed_nothing_is_left_over()
    {
        var leases = new JudgeLeases(10, Lease, _time);
        for (var round = 0; round < 3; round++)
        {
            foreach (var holder in new[] { "a", "b", "c" }) leases.Grant(holder);
        }

        leases.Holders().ShouldBe([("a", 4), ("b", 3), ("c", 3)]);
    }

    [Fact]
    public void A_share_that_is_given_back_is_there_for_the_others_at_once()
    {
        var leases = new JudgeLeases(8, Lease, _time);
        leases.Grant("a");
        leases.Grant("b");
        leases.Release("a");
        leases.Release("nobody");
        leases.Holders().ShouldBe([("b", 1)]);
        leases.Grant("b").Share.ShouldBe(8);
    }

    [Fact]
    public void A_share_that_is_not_renewed_goes_to_the_others()
    {
        var leases = new JudgeLeases(8, Lease, _time);
        leases.Grant("a");
        leases.Grant("b");
        leases.Grant("a");
        leases.Grant("b").Share.ShouldBe(4);
        _time.Advance(Lease - TimeSpan.FromSeconds(1));
        leases.Grant("a").Share.ShouldBe(4);
        _time.Advance(TimeSpan.FromSeconds(2));
        leases.Grant("a").Share.ShouldBe(8);
    }

    [Fact]
    public void What_another_owner_granted_stands_until_it_runs_out()
    {
        var leases = new JudgeLeases(8, Lease, _time);
        leases.Adopt([("a", 6), ("b", 2)]);
        leases.Grant("c").Share.ShouldBe(1);
        leases.Grant("b").Share.ShouldBe(1, "a holds six and c one");
        _time.Advance(Lease + TimeSpan.FromSeconds(1));
        leases.Grant("c").Share.ShouldBe(8);
    }

    [Fact]
    public void A_judge_that_computes_is_not_limited()
    {
        var leases = new JudgeLeases(0, Lease, _time);
        leases.Grant("a").Share.ShouldBe(0);
        leases.Holders().ShouldBeEmpty();
    }

    [Fact]
    public async Task Requests_beyond_the_share_wait_and_a_lease_that_ran_out_leaves_one_place()
    {
        var places = new JudgePlaces(_time);
        places.Renew(new JudgeLease(2, Lease), _time.GetTimestamp());
        await places.TakeAsync(None);
        await places.TakeAsync(None);
        var third = places.TakeAsync(None).AsTask();
        third.IsCompleted.ShouldBeFalse();
        places.Release();
        await third;
        places.Taken.ShouldBe(2);

        _time.Advance(Lease);
        var fourth = places.TakeAsync(None).AsTask();
        places.Release();
        places.Taken.ShouldBe(1, "one place is left without a lease, and it is taken");
        places.Release();
        places.Taken.ShouldBe(1);
        await fourth;
    }

    [Fact]
    public async Task A_lease_counts_from_before_it_was_asked_for()
    {
        var places = new JudgePlaces(_time);
        var askedAt = _time.GetTimestamp();
        _time.Advance(Lease - TimeSpan.FromSeconds(1));
        places.Renew(new JudgeLease(2, Lease), askedAt);
        await places.TakeAsync(None);
        _time.Advance(TimeSpan.FromSeconds(1));
        places.TakeAsync(None).AsTask().IsCompleted.ShouldBeFalse();
        places.Taken.ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_limit_nobody_waits()
    {
        var places = new JudgePlaces(_time);
        places.Renew(new JudgeLease(0, Lease), _time.GetTimestamp());
        for (var i = 0; i < 100; i++) await places.TakeAsync(None).AsTask().WaitAsync(TimeSpan.Zero, _time, None);
        places.Taken.ShouldBe(100);
    }

    [Fact]
    public async Task Whoever_comes_later_does_not_pass_those_who_wait()
    {
        // A lease of two that ran out while both were taken: a third waits, and one place of two has come free since.
        var time = new SteppedTime();
        var places = new JudgePlaces(time);
        places.Renew(new JudgeLease(2, Lease), 0);
        await places.TakeAsync(None);
        await places.TakeAsync(None);
        time.Now = Lease;
        var third = places.TakeAsync(None).AsTask();
        places.Release();
        places.Taken.ShouldBe(1);

        // Within the lease's time again nobody was woken; there is room for one, and it is not the newcomer's.
        time.Now = TimeSpan.Zero;
        var fourth = places.TakeAsync(None).AsTask();
        fourth.IsCompleted.ShouldBeFalse();
        places.Release();
        await Task.WhenAll(third, fourth);
        places.Taken.ShouldBe(2);
    }

    [Fact]
    public async Task Whoever_cancels_while_waiting_takes_no_place()
    {
        var places = new JudgePlaces(_time);
        await places.TakeAsync(None);
        using var gone = new CancellationTokenSource();
        var waiting = places.TakeAsync(gone.Token).AsTask();
        var next = places.TakeAsync(None).AsTask();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
        places.Release();
        await next;
        places.Taken.ShouldBe(1);
    }

    [Fact]
    public async Task A_larger_share_wakes_those_who_wait()
    {
        var places = new JudgePlaces(_time);
        await places.TakeAsync(None);
        var waiting = Enumerable.Range(0, 3).Select(_ => places.TakeAsync(None).AsTask()).ToArray();
        places.Renew(new JudgeLease(3, Lease), _time.GetTimestamp());
        places.Taken.ShouldBe(3, "the third waits on");
        await Task.WhenAll(waiting[0], waiting[1]);
        waiting[2].IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_leased_judge_is_asked_by_as_many_as_it_has_places()
    {
        var places = new JudgePlaces(_time);
        places.Renew(new JudgeLease(2, Lease), _time.GetTimestamp());
        var judge = new SlowJudge();
        var leased = new LeasedJudge(judge, places);
        leased.Descriptor.ShouldBe(judge.Descriptor);
        leased.Concurrency.ShouldBe(8);
        var request = new JudgeRequest<Pair> { Items = [new Pair { Id = "p", Prompt = "?", Answer = "!", Group = "g" }] };

        var asked = Enumerable.Range(0, 6).Select(_ => leased.JudgeAsync(request, None).AsTask()).ToArray();
        judge.InFlight.ShouldBe(2);
        _time.Advance(TimeSpan.FromSeconds(5));
        places.Idle.ShouldBe(TimeSpan.Zero, "two are under way");
        judge.Answer.TrySetResult();
        await Task.WhenAll(asked);
        judge.Most.ShouldBe(2);
        places.Taken.ShouldBe(0);
        _time.Advance(TimeSpan.FromSeconds(3));
        places.Idle.ShouldBe(TimeSpan.FromSeconds(3), "since the last answer");
    }

    [Fact]
    public async Task A_question_that_fails_gives_its_place_back_and_comparisons_take_one_too()
    {
        var places = new JudgePlaces(_time);
        var judge = new SlowJudge();
        var leased = new LeasedJudge(judge, places);
        judge.Answer.SetException(new OrchestrationException(ErrorCodes.Deployment, "It is away."));
        await Should.ThrowAsync<OrchestrationException>(async () => await leased.JudgeAsync(new JudgeRequest<Pair> { Items = [] }, None));
        places.Taken.ShouldBe(0);

        await places.TakeAsync(None);
        var comparing = leased.CompareAsync(new JudgeRequest<Comparison> { Items = [] }, None).AsTask();
        judge.Compared.ShouldBe(0, "the only place is taken");
        places.Release();
        (await comparing).Judgments.ShouldHaveSingleItem();
        judge.Compared.ShouldBe(1);
        places.Taken.ShouldBe(0);
    }

    [Fact]
    public async Task A_judge_that_computes_takes_no_place()
    {
        var places = new JudgePlaces(_time);
        await places.TakeAsync(None);
        var judge = new SlowJudge { Concurrency = 0 };
        judge.Answer.SetResult();
        var leased = new LeasedJudge(judge, places);
        (await leased.JudgeAsync(new JudgeRequest<Pair> { Items = [] }, None).AsTask().WaitAsync(TimeSpan.Zero, _time, None)).Judgments.ShouldHaveSingleItem();
        (await leased.CompareAsync(new JudgeRequest<Comparison> { Items = [] }, None).AsTask().WaitAsync(TimeSpan.Zero, _time, None)).Judgments.ShouldHaveSingleItem();
    }

    /// <summary>A clock that is put where the test wants it, back too.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }

    private sealed class SlowJudge : IJudge
    {
        private int _inFlight;
        private int _most;

        public TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int InFlight => Volatile.Read(ref _inFlight);

        public int Most => Volatile.Read(ref _most);

        public JudgeDescriptor Descriptor { get; } = new() { Id = "slow", Kind = JudgeKind.Llm, Version = new Hash128(1, 2), Dimensions = [new JudgeDimension("slow", Scale.Unit)] };

        public int Concurrency { get; init; } = 8;

        public int Compared { get; private set; }

        public async ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken)
        {
            var now = Interlocked.Increment(ref _inFlight);
            if (now > Most) Volatile.Write(ref _most, now);
            await Answer.Task;
            Interlocked.Decrement(ref _inFlight);
            return new JudgeReply { Judgments = [Judgment.Scored(1)] };
        }

        public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken)
        {
            Compared++;
            return ValueTask.FromResult(new JudgeReply { Judgments = [Judgment.Scored(1)] });
        }
    }
}
