using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Panels;
using Orchestration.Core.Pairs;
using Orchestration.Core.Spending;
using Orchestration.Core.Tests.Judging.Llm;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Panels;

public sealed class PanelJudgeTests
{
    private readonly MemoryJudgmentStore _store = new();
    private readonly ScriptedChat _a = GivenPanel.Scorer("alpha", 1);
    private readonly ScriptedChat _b = GivenPanel.Scorer("beta", 2);
    private readonly ScriptedChat _c = GivenPanel.Scorer("gamma", 4);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_jury_is_the_mean_of_its_members_and_costs_all_their_calls()
    {
        var reply = await Jury().AskAsync();

        reply.Judgments.ShouldBe([Judgment.Scored(7.0 / 3)]);
        reply.Totals.Calls.ShouldBe(3);
        reply.Totals.CostUsd.ShouldBe(0.015m);
        reply.Totals.Usage.Input.ShouldBe(300);
        (_a.Requests[0].User, _a.Requests[0].System).ShouldBe((_b.Requests[0].User, _b.Requests[0].System), "who judges independently is asked what any judge is asked");
    }

    [Fact]
    public async Task A_member_of_a_jury_shares_its_judgment_with_the_judge_by_itself()
    {
        await _a.Judge(purchases: Given.Purchases(_store)).JudgeOneAsync(Given.Pair());

        var reply = await Jury().AskAsync();

        _a.Calls.ShouldBe(1);
        reply.Totals.Calls.ShouldBe(2);
        reply.FromStore.ShouldBe(0);
        (await Jury().AskAsync()).FromStore.ShouldBe(1);
        (_a.Calls, _b.Calls, _c.Calls).ShouldBe((1, 1, 1), "a second panel finds everything in the store");
    }

    [Fact]
    public async Task In_a_debate_each_is_shown_the_others_and_itself_and_no_names()
    {
        var reply = await Debate().AskAsync();

        reply.Totals.Calls.ShouldBe(6);
        reply.Judgments[0].Value.ShouldBe(7.0 / 3);
        var first = _a.Requests.Single(r => !r.User.Contains("said", StringComparison.Ordinal)).User;
        var second = _a.Requests.Single(r => r.User.Contains("said", StringComparison.Ordinal)).User;
        second.ShouldStartWith(first[..first.IndexOf("Score the answer", StringComparison.Ordinal)]);
        second.ShouldContain("Score: 2\nReasons: So says BETA.");
        second.ShouldContain("Score: 4\nReasons: So says GAMMA.");
        second.IndexOf("Score: 1\nReasons: So says ALPHA.", StringComparison.Ordinal).ShouldBeGreaterThan(second.IndexOf("[your earlier judgment ", StringComparison.Ordinal));
        foreach (var name in new[] { "alpha", "beta", "gamma", "at-" }) second.ShouldNotContain(name, Case.Sensitive);
        second.ShouldContain("[judge 1 ");
        second.ShouldContain("[judge 2 ");
        second.ShouldNotContain("[judge 3 ");
    }

    [Fact]
    public async Task In_which_order_the_members_are_named_changes_nothing()
    {
        ScriptedChat[] others = [GivenPanel.Scorer("gamma", 4), GivenPanel.Scorer("alpha", 1), GivenPanel.Scorer("beta", 2)];

        var first = Debate();
        var second = others.Panel(rounds: 2);
        var said = (await first.AskAsync()).Judgments[0];

        (await second.AskAsync()).Judgments[0].ShouldBe(said);
        second.Descriptor.Version.ShouldBe(first.Descriptor.Version);
        others[1].Requests.Select(r => r.User).ShouldBe(_a.Requests.Select(r => r.User));
    }

    [Fact]
    public async Task A_longer_debate_buys_only_its_further_rounds()
    {
        await Jury().AskAsync();
        await Debate().AskAsync();
        (_a.Calls, _b.Calls, _c.Calls).ShouldBe((2, 2, 2));

        // Nobody changed his mind in the second round, so that the third one shows what was shown before.
        await new[] { _a, _b, _c }.Panel(Given.Purchases(_store), rounds: 3).AskAsync();
        (_a.Calls, _b.Calls, _c.Calls).ShouldBe((2, 2, 2));
        (await _store.CountAsync(Token)).ShouldBe(6);
    }

    [Fact]
    public async Task A_later_judgment_holds_only_for_what_was_seen()
    {
        await Debate().AskAsync();
        var other = GivenPanel.Scorer("delta", 3);

        await new[] { _a, _b, other }.Panel(Given.Purchases(_store), rounds: 2).AskAsync();

        _a.Calls.ShouldBe(3, "the first judgment is stored, the second saw another panel");
    }

    [Fact]
    public async Task The_words_that_others_see_are_those_in_the_store()
    {
        var debate = Debate();
        await _store.PutAsync(
            [new StoredJudgment
            {
                Address = JudgmentAddress.Of(debate.Members[1].CallDescriptor, PairHash.Of(Given.Pair()), null),
                Values = [0.5],
                Detail = new JudgmentDetail { Rationale = "Somebody was first." },
            }],
            Token);

        await debate.AskAsync();

        _b.Calls.ShouldBe(1, "its second round");
        _a.Requests[^1].User.ShouldContain("Score: 0.5\nReasons: Somebody was first.");
    }

    [Fact]
    public async Task Most_members_must_have_a_judgment()
    {
        var down = GivenPanel.Failing("delta", UnscoredReason.Unavailable);
        var late = GivenPanel.Failing("epsilon", UnscoredReason.Timeout);

        (await new[] { _a, down, _c }.Panel().AskAsync()).Judgments.ShouldBe([Judgment.Scored(2.5)]);
        (await new[] { _a, down, _c }.Panel(minShare: 1).AskAsync()).Judgments.ShouldBe([Judgment.Unscored(UnscoredReason.Unavailable)]);
        (await new[] { late, down, _c, GivenPanel.Failing("zeta", UnscoredReason.Unavailable) }.Panel().AskAsync()).Judgments.ShouldBe([Judgment.Unscored(UnscoredReason.Unavailable)]);
        (await new[] { _a, down }.Panel().AskAsync()).Judgments[0].IsScored.ShouldBeFalse();
        (await new[] { _a, down }.Panel(minShare: 0.5).AskAsync()).Judgments.ShouldBe([Judgment.Scored(1)]);
    }

    [Fact]
    public async Task A_debate_that_has_lost_its_members_buys_no_further_round()
    {
        ScriptedChat[] panel = [_a, GivenPanel.Failing("delta", UnscoredReason.Unavailable), GivenPanel.Failing("epsilon", UnscoredReason.Unavailable)];

        var reply = await panel.Panel(rounds: 3).AskAsync();

        reply.Judgments[0].Reason.ShouldBe(UnscoredReason.Unavailable);
        _a.Calls.ShouldBe(1);
        reply.Totals.Failures.ShouldBe(2);
    }

    [Fact]
    public async Task A_closing_judge_sees_all_and_decides()
    {
        var closing = GivenPanel.Scorer("omega", 3.5);
        var panel = new[] { _a, _b, _c }.Panel(Given.Purchases(_store), final: PanelFinal.Judge, closing: closing);

        var reply = await panel.AskAsync();

        reply.Judgments.ShouldBe([Judgment.Scored(3.5)]);
        reply.Totals.Calls.ShouldBe(4);
        foreach (var name in new[] { "ALPHA", "BETA", "GAMMA" }) closing.Requests[0].User.ShouldContain($"So says {name}.");
        closing.Requests[0].User.ShouldContain("You decide.");
        closing.Requests[0].User.ShouldNotContain("your earlier judgment");
        (await panel.AskAsync()).FromStore.ShouldBe(1);
        closing.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Without_its_closing_judge_a_panel_has_no_judgment()
    {
        var panel = new[] { _a, _b }.Panel(final: PanelFinal.Judge, closing: GivenPanel.Failing("omega", UnscoredReason.Filtered));
        (await panel.AskAsync()).Judgments.ShouldBe([Judgment.Unscored(UnscoredReason.Filtered)]);
    }

    [Fact]
    public async Task Comparisons_are_voted_on()
    {
        ScriptedChat[] panel = [GivenPanel.Member("alpha", "Because.\n\n[[A>B]]"), GivenPanel.Member("beta", "No.\n\n[[B>A]]"), GivenPanel.Member("gamma", "Yes.\n\n[[A>>B]]")];
        var judge = panel.Panel(rubric: Given.Compare(), rounds: 2);
        judge.Descriptor.ComparesDirectly.ShouldBeTrue();

        var reply = await judge.CompareAsync(Given.Request(Given.Comparison), Token);

        reply.Judgments.ShouldBe([Judgment.Scored(1)]);
        panel[0].Requests[^1].User.ShouldContain("Verdict: answer B is better\nReasons: No.");
        await Should.ThrowAsync<NotSupportedException>(async () => await judge.JudgeAsync(Given.Request(Given.Pair()), Token));
    }

    [Fact]
    public async Task Every_call_is_reserved_and_settled_for_itself_and_a_cap_holds()
    {
        var ledger = new MemorySpendLedger();
        await ledger.SetCapAsync("sweep-1", 10, Token);
        await new[] { _a, _b, _c }.Panel(Given.Purchases(_store, ledger), rounds: 2).AskAsync("sweep-1");
        ledger.Reservations.ShouldBe(6);
        (await ledger.StatusAsync("sweep-1", Token)).SettledUsd.ShouldBe(0.03m);

        await ledger.SetCapAsync("sweep-2", 0.04m, Token);
        var chats = new[] { GivenPanel.Scorer("alpha", 1), GivenPanel.Scorer("beta", 2), GivenPanel.Scorer("gamma", 4) };
        await Should.ThrowAsync<SpendCapReachedException>(async () => await chats.Panel(Given.Purchases(new MemoryJudgmentStore(), ledger), rounds: 3).AskAsync("sweep-2"));
        ledger.MostUsd.ShouldBeLessThanOrEqualTo(10);
        (await ledger.StatusAsync("sweep-2", Token)).SettledUsd.ShouldBeLessThanOrEqualTo(0.04m);
    }

    [Fact]
    public void A_panel_has_no_more_calls_under_way_than_a_judge_by_itself()
    {
        // The script takes 8 at once, and a judge twice as many.
        new[] { _a, _b, _c }.Panel().Concurrency.ShouldBe(16);
        new[] { _a, _a, _a }.Panel(profiles: [null, "x", "y"]).Concurrency.ShouldBe(6);
        new[] { _a, _a, _b }.Panel(profiles: [null, "x", null]).Concurrency.ShouldBe(16);
    }

    [Fact]
    public async Task What_everybody_said_is_told_round_by_round_in_the_members_order()
    {
        var panel = Debate();
        var told = new List<(int, int, double)>();
        panel.Said = s => told.Add((s.Round, s.Member, s.Values![0]));
        await panel.AskAsync();
        told.ShouldBe([(1, 1, 1), (1, 2, 2), (1, 3, 4), (2, 1, 1), (2, 2, 2), (2, 3, 4)]);
    }

    private PanelJudge Jury() => new[] { _a, _b, _c }.Panel(Given.Purchases(_store));

    private PanelJudge Debate() => new[] { _a, _b, _c }.Panel(Given.Purchases(_store), rounds: 2);
}
