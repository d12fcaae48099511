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
        fourth.IsCompleted.ShouldBeFalse("one place is left without a lease, and it is taken");
        places.Release();
        await fourth;
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
        places.Idle.ShouldBe(TimeSpan.Zero);
        judge.Answer.TrySetResult();
        await Task.WhenAll(asked);
        judge.Most.ShouldBe(2);
        places.Taken.ShouldBe(0);
        _time.Advance(TimeSpan.FromSeconds(3));
        places.Idle.ShouldBe(TimeSpan.FromSeconds(3));
    }

    private sealed class SlowJudge : IJudge
    {
        private int _inFlight;
        private int _most;

        public TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int InFlight => Volatile.Read(ref _inFlight);

        public int Most => Volatile.Read(ref _most);

        public JudgeDescriptor Descriptor { get; } = new() { Id = "slow", Kind = JudgeKind.Llm, Version = new Hash128(1, 2), Dimensions = [new JudgeDimension("slow", Scale.Unit)] };

        public int Concurrency => 8;

        public async ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken)
        {
            var now = Interlocked.Increment(ref _inFlight);
            if (now > Most) Volatile.Write(ref _most, now);
            await Answer.Task;
            Interlocked.Decrement(ref _inFlight);
            return new JudgeReply { Judgments = [Judgment.Scored(1)] };
        }

        public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
