using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Reward;
using Orchestration.Core.Pairs;
using Orchestration.Core.Spending;
using Orchestration.Core.Tests.Judging.Llm;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Reward;

public sealed class RewardJudgeTests
{
    private readonly MemoryJudgmentStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reward_has_no_scale_and_is_stored_though_it_has_no_price()
    {
        var endpoint = new ScriptedReward((_, answer) => ScriptedReward.Gives(-answer.Length));
        var judge = new RewardJudge("skywork", endpoint, Given.Purchases(_store));
        var reply = await judge.JudgeAsync(Given.Request(Given.Pair(1), Given.Pair(20)), Token);
        reply.Judgments.ShouldBe([Judgment.Scored(-8), Judgment.Scored(-9)]);
        reply.Totals.Calls.ShouldBe(2);
        (await judge.JudgeAsync(Given.Request(Given.Pair(1), Given.Pair(20)), Token)).FromStore.ShouldBe(2);
        (await judge.JudgeAsync(Given.Request(Given.Pair(1)), Token)).FromStore.ShouldBe(1);
        endpoint.Calls.ShouldBe(2);
        judge.Descriptor.IsPaid.ShouldBeTrue();
        judge.Descriptor.Kind.ShouldBe(JudgeKind.Reward);
        judge.Descriptor.Dimensions.ShouldBe([new JudgeDimension("skywork", null)]);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public async Task A_reward_that_is_no_number_is_unreadable(double value)
    {
        var judge = new RewardJudge("r", new ScriptedReward((_, _) => ScriptedReward.Gives(value)), Given.Purchases(_store));
        (await judge.JudgeOneAsync(Given.Pair())).ShouldBe(Judgment.Unscored(UnscoredReason.Unreadable));
        _store.Judgments.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failed_call_has_its_reason()
    {
        var judge = new RewardJudge("r", new ScriptedReward((_, _) => new RewardReply(null, UnscoredReason.TooLong, "4096 tokens", default)), Given.Purchases(_store));
        (await judge.JudgeOneAsync(Given.Pair())).ShouldBe(Judgment.Unscored(UnscoredReason.TooLong));
    }

    [Fact]
    public async Task A_priced_call_is_reserved_for_all_its_attempts_and_settled()
    {
        var ledger = new MemorySpendLedger();
        var judge = new RewardJudge("r", new ScriptedReward((_, _) => ScriptedReward.Gives(1)) { PricePerCall = 0.001m, MaxAttempts = 4 }, Given.Purchases(_store, ledger));
        await judge.JudgeAsync(Given.Request(Given.Pair()) with { Payer = "s" }, Token);
        ledger.MostUsd.ShouldBe(0.004m);
        (await ledger.StatusAsync("s", Token)).SettledUsd.ShouldBe(0.001m);

        await ledger.SetCapAsync("s", 0.003m, Token);
        await Should.ThrowAsync<SpendCapReachedException>(judge.JudgeAsync(Given.Request(Given.Pair(2)) with { Payer = "s" }, Token).AsTask());
    }

    [Fact]
    public void The_version_is_the_model_s()
    {
        Version(new ModelIdentity("a", "b", "c")).ShouldBe(Version(new ModelIdentity("a", "b", "c")));
        Version(new ModelIdentity("a", "b", "c")).ShouldNotBe(Version(new ModelIdentity("a", "b", "d")));

        static Hash128 Version(ModelIdentity model) =>
            new RewardJudge("r", new ScriptedReward((_, _) => ScriptedReward.Gives(1)) { Model = model, Name = model.Snapshot + "x" }, Given.Purchases()).Descriptor.Version;
    }

    [Fact]
    public Task A_reward_compares_by_its_scores() =>
        Should.ThrowAsync<NotSupportedException>(async () => await new RewardJudge("r", new ScriptedReward((_, _) => ScriptedReward.Gives(1)), Given.Purchases())
            .CompareAsync(Given.Request(Given.Comparison), Token));
}
