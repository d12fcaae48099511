using System.Threading.Channels;
using Orchestration.Core;
using Orchestration.Core.Judging.Leases;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orchestration.Orleans.Tests.Grains;
using Orleans;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Hosting;

/// <summary>When a silo asks for shares of judges, and when it gives them back.</summary>
public sealed class SiloJudgesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Lease = new OrleansOptions { Store = "" }.JudgeLease;
    private static readonly TimeSpan Renewal = Lease / 3;

    private readonly Channel<string> _told = Channel.CreateUnbounded<string>();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>What the grains say to who asks for a share; once, the first time, and then the last.</summary>
    private Func<string, Task<JudgeLease>> Answer { get; set; } = static _ => Task.FromResult(new JudgeLease(3, Lease));

    private IGrainFactory Grains => GrainsByHand.Of((_, id) => new Judge(this, id));

    [Fact]
    public async Task Shares_of_judges_in_use_are_renewed_those_of_idle_ones_run_out_and_all_are_given_back()
    {
        await using var still = await StillParts.OpenAsync(new GatedJudge("busy"), new GatedJudge("idle"), new GatedJudge("late"));
        var judges = new SiloJudges(still.Parts);
        judges.Leased("busy");
        judges.Leased("idle");
        _told.Reader.TryRead(out _).ShouldBeFalse("there is no cluster yet");
        judges.Join(Grains, "me");
        (await ToldAsync(2)).ShouldBe(["lease busy me", "lease idle me"]);

        // The share has come: without it there is one place.
        var busy = judges.PlacesAt("busy")!;
        for (var place = 0; place < 3; place++) await busy.TakeAsync(Stop).AsTask().WaitAsync(Patience, Stop);
        busy.TakeAsync(Stop).AsTask().IsCompleted.ShouldBeFalse();

        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var renewing = judges.RenewAsync(leaving.Token);
        await still.Time.WaitBegunAsync(static wait => wait == Renewal).WaitAsync(Patience, Stop);
        for (var third = 1; third <= 4; third++)
        {
            still.Time.Advance(Renewal);
            if (third < 3) (await ToldAsync(2)).ShouldBe(["lease busy me", "lease idle me"]);
            else (await ToldAsync(1)).ShouldBe(["lease busy me"], "nobody has asked the other for a whole lease");
        }

        // A judge that is met now is asked for now.
        judges.Leased("late");
        (await ToldAsync(1)).ShouldBe(["lease late me"]);

        await leaving.CancelAsync();
        await renewing;
        await judges.LeaveAsync();
        (await ToldAsync(3)).ShouldBe(["release busy me", "release idle me", "release late me"]);
        await judges.LeaveAsync();
        _told.Reader.TryRead(out _).ShouldBeFalse("it has left");
    }

    [Fact]
    public async Task A_share_counts_from_before_it_was_asked_for()
    {
        await using var still = await StillParts.OpenAsync(new GatedJudge("busy"));
        TaskCompletionSource<JudgeLease> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Answer = _ => answer.Task;
        var judges = new SiloJudges(still.Parts);
        judges.Join(Grains, "me");
        judges.Leased("busy");
        await ToldAsync(1);
        var places = judges.PlacesAt("busy")!;
        still.Time.Advance(Lease - TimeSpan.FromSeconds(1));
        answer.SetResult(new JudgeLease(2, Lease));
        for (var place = 0; place < 2; place++) await places.TakeAsync(Stop).AsTask().WaitAsync(Patience, Stop);
        still.Time.Advance(TimeSpan.FromSeconds(1));
        places.Release();
        places.TakeAsync(Stop).AsTask().IsCompleted.ShouldBeFalse("it has run out, and one place is taken");
    }

    [Fact]
    public async Task A_grain_that_fails_is_asked_again_at_the_next_renewal()
    {
        await using var still = await StillParts.OpenAsync(new GatedJudge("busy"));
        Answer = static _ => Task.FromException<JudgeLease>(new OrchestrationException(ErrorCodes.Configuration, "Its silo has no such judge."));
        var judges = new SiloJudges(still.Parts);
        judges.Join(Grains, "me");
        judges.Leased("busy");
        await ToldAsync(1);
        var places = judges.PlacesAt("busy")!;
        await places.TakeAsync(Stop);
        var second = places.TakeAsync(Stop).AsTask();
        second.IsCompleted.ShouldBeFalse("there is one place without a share");

        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var renewing = judges.RenewAsync(leaving.Token);
        await still.Time.WaitBegunAsync(static wait => wait == Renewal).WaitAsync(Patience, Stop);
        Exception[] failures = [new TimeoutException(), new OrchestrationException(ErrorCodes.Configuration, "Its silo has no such judge.")];
        foreach (var failure in failures)
        {
            Answer = _ => Task.FromException<JudgeLease>(failure);
            still.Time.Advance(Renewal);
            await ToldAsync(1);
        }

        Answer = static _ => Task.FromResult(new JudgeLease(2, Lease));
        still.Time.Advance(Renewal);
        await ToldAsync(1);
        await second.WaitAsync(Patience, Stop);
        await leaving.CancelAsync();
        await renewing;
    }

    private async Task<string[]> ToldAsync(int count)
    {
        var told = new string[count];
        for (var i = 0; i < count; i++) told[i] = await _told.Reader.ReadAsync(Stop).AsTask().WaitAsync(Patience, Stop);
        return [.. told.Order(StringComparer.Ordinal)];
    }

    private sealed class Judge(SiloJudgesTests test, string id) : IJudgeGrain
    {
        public Task<JudgeTerms> DescribeAsync() => throw new NotSupportedException();

        public Task<JudgeLease> LeaseAsync(string holder)
        {
            var answer = test.Answer(id);
            test._told.Writer.TryWrite($"lease {id} {holder}").ShouldBeTrue();
            return answer;
        }

        public Task ReleaseAsync(string holder)
        {
            test._told.Writer.TryWrite($"release {id} {holder}").ShouldBeTrue();
            return Task.CompletedTask;
        }
    }
}
