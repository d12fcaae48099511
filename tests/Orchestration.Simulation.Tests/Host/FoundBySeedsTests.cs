using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Rubrics;
using Orchestration.Core.Sweeps;
using Orchestration.Simulation.Host;
using Orchestration.Simulation.InMemory;
using Orchestration.Testing;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests.Host;

/// <summary>What seeds have found, each by itself.</summary>
public sealed class FoundBySeedsTests
{
    private static readonly Pair Asked = new() { Id = "1", Prompt = "What is two and two?", Answer = "Four.", Group = "g" };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Rubric Clarity { get; } = RubricLibrary.Builtin.Rubrics.Single(static rubric => rubric.Id == "clarity");

    [Fact]
    public async Task A_sweep_whose_last_shard_was_committed_by_a_silo_that_died_at_once_comes_to_its_end()
    {
        var data = new InMemoryData(TimeProvider.System);
        var dead = data.Open();
        var sweep = await dead.Sweeps.CreateAsync(new NewSweep("", "", "out", dead.Owner), Cancel);
        await dead.Sweeps.AppendShardsAsync(sweep.Id, [new ShardData(0, 1, [], [])], Cancel);
        await dead.Sweeps.SealAsync(sweep.Id, new SweepSeal("", 1, 0), Cancel);
        var lease = (await dead.Sweeps.ClaimAsync(sweep.Id, dead.Owner, 1, TimeSpan.FromMinutes(1), Cancel)).ShouldHaveSingleItem();
        (await dead.Sweeps.CheckpointAsync(lease, new ShardResult([], 1, 0, 0), Cancel)).ShouldBeTrue();
        dead.Kill();

        var other = data.Open();
        await new SiloWorker(other.Sweeps, static _ => throw new InvalidOperationException("There is nothing to work."), TimeProvider.System, other.Owner, new SiloWorkOptions { UntilIdle = true }, new SweepMeter())
            .RunAsync(Cancel);
        (await other.Sweeps.FindAsync(sweep.Id, Cancel))!.State.ShouldBe(SweepState.Completed);
    }

    [Fact]
    public async Task Whoever_has_lost_its_claim_while_it_waited_does_not_buy_what_another_has_stored()
    {
        var time = new ManualTime();
        var data = new InMemoryData(time);
        var (slow, quick) = (data.Open(), data.Open());
        var chat = new WaitingChat();
        var judge = new LlmJudge(Clarity, chat, new LlmJudgeOptions(), new JudgmentPurchases(slow.Judgments, null, time, slow.Claims));
        var asking = judge.JudgeAsync(new JudgeRequest<Pair> { Items = [Asked] }, Cancel).AsTask();
        await chat.Waits;
        await quick.Judgments.PutAsync([new StoredJudgment { Address = JudgmentAddress.Of(judge.CallDescriptor, PairHash.Of(Asked), null), Values = [3] }], Cancel);
        time.Advance(TimeSpan.FromSeconds(10));

        var reply = await asking.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        reply.Judgments.ShouldHaveSingleItem().Value.ShouldBe(3);
        reply.FromStore.ShouldBe(1);
        chat.Sent.ShouldBe(0);
    }

    [Fact]
    public async Task Whoever_cannot_renew_its_claim_begins_no_call_after_it_may_have_run_out()
    {
        var time = new ManualTime();
        var owner = new InMemoryData(time).Open();
        var chat = new WaitingChat();
        var claims = new SilentClaims(owner.Claims!);
        var judge = new LlmJudge(Clarity, chat, new LlmJudgeOptions(), new JudgmentPurchases(owner.Judgments, null, time, claims));
        var asking = judge.JudgeAsync(new JudgeRequest<Pair> { Items = [Asked] }, Cancel).AsTask();
        await chat.Waits;
        var again = chat.WaitsAgain();
        time.Advance(TimeSpan.FromSeconds(10));
        await claims.Renews;
        again.IsCompleted.ShouldBeFalse("the claim still stands");
        time.Advance(TimeSpan.FromSeconds(19));
        claims.Answer();
        await again.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        claims.Claims.ShouldBe(2, "it was claimed anew");
        asking.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_reply_in_the_very_moment_of_a_renewal_is_kept()
    {
        for (var seed = 1UL; seed <= 40; seed++)
        {
            var timeline = new Timeline(new Dice(seed), new Trace(1));
            var process = new SimulatedProcess(timeline, 1, "silo", TimeSpan.Zero, 0);
            var owner = new InMemoryData(process.Clock).Open();
            var reply = new TaskCompletionSource<ChatReply>();
            var judge = new LlmJudge(
                Clarity, new HeldChat(reply.Task), new LlmJudgeOptions(), new JudgmentPurchases(owner.Judgments, null, process.Clock, owner.Claims));
            Task<JudgeReply>? asking = null;
            _ = process.Start(() => asking = judge.JudgeAsync(new JudgeRequest<Pair> { Items = [Asked] }, CancellationToken.None).AsTask());

            // Both come while it stands still; the seed draws which of them it sees first.
            timeline.After(TimeSpan.FromSeconds(9), process.StandStill);
            timeline.After(TimeSpan.FromSeconds(10), () => reply.SetResult(ScriptedChat.Says("{\"rationale\": \"r\", \"score\": 3}")));
            timeline.After(TimeSpan.FromSeconds(11), process.GoOn);
            timeline.RunUntil(() => asking is { IsCompleted: true }, TimeSpan.FromMinutes(1)).ShouldBeTrue(timeline.Escape);
            asking!.Exception.ShouldBeNull($"seed {seed}");
            (await asking).Judgments.ShouldHaveSingleItem().Value.ShouldBe(3);
        }
    }

    /// <summary>A deployment at which calls wait for their turn for ever.</summary>
    private sealed class WaitingChat : IChatDeployment
    {
        private TaskCompletionSource _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Waits => _waits.Task;

        public int Sent { get; private set; }

        public string Name => "waiting";

        public ModelIdentity Model { get; } = new("", "waiting", "");

        public TokenPrices? Prices => null;

        public int Concurrency => 1;

        public int MaxAttempts => 1;

        public Task WaitsAgain()
        {
            _waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waits.Task;
        }

        public async ValueTask<ChatReply> CompleteAsync(ChatRequest request, CancellationToken cancellationToken)
        {
            _waits.TrySetResult();
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), turn);
            await turn.Task;
            Sent++;
            return new ChatReply();
        }
    }

    /// <summary>A deployment whose reply comes when the test says.</summary>
    private sealed class HeldChat(Task<ChatReply> reply) : IChatDeployment
    {
        public string Name => "held";

        public ModelIdentity Model { get; } = new("", "held", "");

        public TokenPrices? Prices => null;

        public int Concurrency => 1;

        public int MaxAttempts => 1;

        public async ValueTask<ChatReply> CompleteAsync(ChatRequest request, CancellationToken cancellationToken) => await reply;
    }

    /// <summary>Claims whose store does not answer to renewals until the test says.</summary>
    private sealed class SilentClaims(IJudgmentClaims inner) : IJudgmentClaims
    {
        private readonly TaskCompletionSource _renews = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<bool> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Renews => _renews.Task;

        public int Claims { get; private set; }

        public void Answer() => _answer.TrySetResult(true);

        public ValueTask<JudgmentClaim> ClaimAsync(JudgmentAddress address, string? payer, TimeSpan lease, CancellationToken cancellationToken)
        {
            Claims++;
            return inner.ClaimAsync(address, payer, lease, cancellationToken);
        }

        public async ValueTask<bool> RenewAsync(JudgmentClaim claim, TimeSpan lease, CancellationToken cancellationToken)
        {
            _renews.TrySetResult();
            return await _answer.Task;
        }

        public ValueTask ReleaseAsync(JudgmentClaim claim) => inner.ReleaseAsync(claim);
    }
}
