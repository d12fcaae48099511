using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Rubrics;
using Orchestration.Core.Tests.Rubrics;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Llm;

/// <summary>What a judge is shown and asked of one pair, and the address that follows from it.</summary>
public sealed class InquiryTests
{
    private static readonly ScriptedChat Chat = new("");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Addresses_of_judges_that_know_nothing_beside_the_pair_are_what_they_always_were()
    {
        var pair = Given.Pair(reference: "2") with { Context = "c", Category = "k" };
        var plain = Chat.Judge();
        plain.PlanOf(pair).Address.ShouldBe(new JudgmentAddress(PairHash.Of(pair), plain.Descriptor.Version, 0));
        plain.Descriptor.HasSingleAddress.ShouldBeTrue();
        var needs = Chat.Judge(Given.Score(needsReference: true));
        needs.PlanOf(pair).Address.ShouldBe(new JudgmentAddress(PairHash.Of(pair), PairHash.Of("reference", needs.Descriptor.Version.ToString(), "2"), 0));
        needs.Descriptor.HasSingleAddress.ShouldBeTrue();
        Chat.Judge(Given.Compare()).PlanOf(Given.Comparison).Address.Pair.ShouldBe(PairHash.Of(Given.Comparison));
    }

    [Fact]
    public void An_optional_reference_is_shown_where_there_is_one_and_dropped_on_demand()
    {
        var rubric = With(reference: MaterialUse.Optional);
        var (support, drop) = (Chat.Judge(rubric), Chat.Judge(rubric, new LlmJudgeOptions { DropsReference = true }));
        support.Descriptor.Version.ShouldNotBe(drop.Descriptor.Version);
        var (with, other, without) = (Given.Pair(reference: "two"), Given.Pair(reference: "deux"), Given.Pair());

        support.RequestFor(with).User.ShouldContain("]\ntwo\n[end of reference ");
        support.RequestFor(without).User.ShouldNotContain("[reference");
        support.RequestFor(with).System.ShouldContain("where one is known a reference answer that is right");
        drop.RequestFor(with).User.ShouldNotContain("two");
        drop.RequestFor(with).System.ShouldNotContain("reference answer");
        new[] { with, other, without, Given.Pair(reference: "") }.Select(p => support.PlanOf(p).Address).Distinct().Count().ShouldBe(4, "a reference that is shown is in the address");
        drop.PlanOf(with).Address.ShouldBe(drop.PlanOf(without).Address, "what nobody is shown is not");
        support.Descriptor.HasSingleAddress.ShouldBeFalse("nobody but the judge knows it");
        Should.Throw<OrchestrationException>(() => Chat.Judge(Given.Score(needsReference: true), new LlmJudgeOptions { DropsReference = true })).Message.ShouldContain("only an optional reference can be dropped");
    }

    [Fact]
    public async Task A_context_is_shown_to_a_rubric_that_wants_it_and_missing_it_costs_no_call()
    {
        var chat = new ScriptedChat(Given.Json(3));
        var judge = chat.Judge(With(context: MaterialUse.Required));
        (await judge.JudgeOneAsync(Given.Pair())).ShouldBe(Judgment.Unscored(UnscoredReason.NoContext));
        chat.Calls.ShouldBe(0);
        (await judge.JudgeOneAsync(Given.Pair() with { Context = "Clause 4" })).ShouldBe(Judgment.Scored(3));
        chat.Requests[0].User.ShouldContain("]\nClause 4\n[end of context ");

        var optional = Chat.Judge(With(context: MaterialUse.Optional));
        new[] { Given.Pair(), Given.Pair() with { Context = "a" }, Given.Pair() with { Context = "b" } }.Select(p => optional.PlanOf(p).Address).Distinct().Count().ShouldBe(3);
        Chat.Judge().RequestFor(Given.Pair() with { Context = "Clause 4" }).User.ShouldNotContain("Clause 4");
        chat.Judge(With(context: MaterialUse.Optional, protocol: RubricProtocol.Compare)).RequestFor(Given.Comparison with { Context = "Clause 4" }).User.ShouldContain("Clause 4");
    }

    [Fact]
    public async Task Criteria_that_do_not_apply_are_not_asked_about_and_leave_the_denominator()
    {
        var chat = new ScriptedChat(Reply("greets", "no-promise"), Reply("greets", "names-policy", "no-promise", "says-when"));
        var store = new MemoryJudgmentStore();
        var judge = chat.Judge(ChecklistSamples.Bundle(), purchases: Given.Purchases(store));
        var bare = Given.Pair();
        var full = bare with { Context = "Clause 4", Category = "refunds" };

        (await judge.JudgeOneAsync(bare)).ShouldBe(Judgment.Scored(1));
        (await judge.JudgeOneAsync(full)).ShouldBe(Judgment.Scored(1));
        chat.Requests[0].User.ShouldContain("check these criteria and leave all others out of your reply: greets, no-promise.");
        chat.Requests[0].JsonSchema!.ShouldNotContain("says-when");
        chat.Requests[0].JsonSchema!.ShouldContain("greets");
        chat.Requests[1].User.ShouldNotContain("leave all others out");
        chat.Requests[1].JsonSchema!.ShouldContain("says-when");
        store.Judgments.Select(j => j.Address).Distinct().Count().ShouldBe(2, "other criteria are another question");
        store.Judgments.Select(j => j.Detail.Rationale!.Split('\n')[0]).ShouldBe(["1.5 of 1.5 points", "4.5 of 4.5 points"]);

        (await judge.JudgeAsync(Given.Request(bare, full), Token)).FromStore.ShouldBe(2);
        chat.Calls.ShouldBe(2);
    }

    [Fact]
    public void Without_the_reference_criteria_about_it_do_not_apply()
    {
        var rubric = ChecklistSamples.Bundle(ChecklistSamples.Source.Replace("when: has context", "when: has reference", StringComparison.Ordinal));
        var pair = Given.Pair(reference: "two");
        Chat.Judge(rubric).RequestFor(pair).User.ShouldContain("reply: greets, names-policy, no-promise.");
        Chat.Judge(rubric, new LlmJudgeOptions { DropsReference = true }).RequestFor(pair).User.ShouldContain("reply: greets, no-promise.");
    }

    [Fact]
    public async Task A_pair_to_which_no_criterion_applies_is_not_applicable_and_costs_no_call()
    {
        var chat = new ScriptedChat("");
        var source = ChecklistSamples.Source[..ChecklistSamples.Source.IndexOf("### greets", StringComparison.Ordinal)] + "### x\n\n- when: has context\n\nX.\n";
        var judge = chat.Judge(ChecklistSamples.Bundle(source));
        (await judge.JudgeOneAsync(Given.Pair())).ShouldBe(Judgment.Unscored(UnscoredReason.NotApplicable));
        judge.PlanOf(Given.Pair()).Reason.ShouldBe(UnscoredReason.NotApplicable);
        chat.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task A_checklist_that_cannot_be_read_is_asked_for_again_about_the_same_criteria()
    {
        var chat = new ScriptedChat(Reply("greets"), Reply("greets", "no-promise"));
        (await chat.Judge(ChecklistSamples.Bundle()).JudgeOneAsync(Given.Pair())).ShouldBe(Judgment.Scored(1));
        chat.Requests[1].Continuation[1].Content.ShouldEndWith("leave all others out of your reply: greets, no-promise.\n");
    }

    [Fact]
    public void A_checklist_shows_the_model_no_points_and_a_rubric_in_markdown_is_compiled_first()
    {
        var system = Chat.Judge(ChecklistSamples.Bundle()).RequestFor(Given.Pair()).System;
        system.ShouldContain("## names-policy\n\nThe answer names the clause that it relies on.");
        system.ShouldContain("quotes is empty: no-promise.");
        system.ShouldNotContain("points:");
        Should.Throw<OrchestrationException>(() => Chat.Judge(RubricFile.Parse("support-reply.md", ChecklistSamples.Source))).Message
            .ShouldContain("run 'orchestrate rubric compile support-reply.md' and judge by 'support-reply-checklist'");
    }

    [Fact]
    public void The_words_of_newer_prompts_are_fixed_by_their_revisions()
    {
        // Changed words are another prompt: raise the revision of what was changed, then put the new hash here.
        Rubric[] rubrics = [ChecklistSamples.Bundle(), Given.Score(ReplyForm.Critique), Given.Compare(ReplyForm.Critique), With(MaterialUse.Optional, MaterialUse.Required), With(context: MaterialUse.Optional)];
        var words = rubrics.Select(r => new RubricPrompt(r, asksForDigit: false)).SelectMany(p => new[] { p.System, p.Correction, p.Schema ?? "" })
            .Append(new RubricPrompt(ChecklistSamples.Bundle(), false).User(new Inquiry { Material = new Material(default, "p", "a", null, null), IsPartial = true, Criteria = [ChecklistSamples.Bundle().Checklist!.Criteria[0]], Context = "c" }, null)).ToArray();
        PairHash.Of(words).ToString().ShouldBe("e43d208f3ee1bd190ad25da1abd14cdd");
    }

    private static Rubric With(MaterialUse? reference = null, MaterialUse context = MaterialUse.Never, RubricProtocol protocol = RubricProtocol.Score) => new(
        "x.md", "x", "X", [new RubricDimension(null, "X", protocol == RubricProtocol.Score ? Given.Tenths : new Scale(-1, 1, 1))], protocol,
        protocol == RubricProtocol.Score ? ReplyForm.Json : ReplyForm.Verdict, false, false, "X.\n", reference, context);

    // "It is 2." is what the pair answers.
    private static string Reply(params string[] met) =>
        $"{{\"criteria\": {{{string.Join(", ", met.Select(id => $"\"{id}\": {{\"quotes\": [{(id == "no-promise" ? "" : "\"It is 2.\"")}], \"reason\": \"r\", \"met\": true}}"))}}}}}";
}
