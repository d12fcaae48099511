using Orchestration.Core.MetaEvaluation.Biases;
using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Core.Pairs;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.MetaEvaluation;

public sealed class BiasCatalogTests
{
    private const string Answer = "A tide mill holds back water at high tide. Later it lets the water run out over a wheel, 6 hours on.\n\nThat is why it works twice a day.";

    public static TheoryData<string> Injected => [.. BiasCatalog.Injected.Select(static b => b.Id)];

    [Fact]
    public void Neutral_text_has_exactly_the_length_asked_for_and_ends_as_a_sentence()
    {
        for (var length = NeutralText.Shortest; length < 700; length++)
        {
            for (ulong seed = 0; seed < 8; seed++)
            {
                var text = NeutralText.Of(length, seed);
                text.Length.ShouldBe(length);
                text.ShouldEndWith(".");
                text[^2].ShouldNotBe(' ');
            }
        }
    }

    [Fact]
    public void At_least_twelve_biases_are_injected_and_each_says_what_it_does_and_what_it_is_held_against()
    {
        BiasCatalog.Injected.Count.ShouldBe(14);
        BiasCatalog.Ids.Distinct().Count().ShouldBe(16);
        BiasCatalog.Injected.ShouldAllBe(static b => b.Title != "" && b.Transformation != "" && b.Control != "" && b.Check != "");
    }

    [Theory]
    [MemberData(nameof(Injected))]
    public void An_injection_keeps_the_answer_has_a_control_of_its_length_and_follows_from_the_seed(string id)
    {
        var bias = BiasCatalog.Find(id)!;
        for (ulong seed = 0; seed < 12; seed++)
        {
            var injection = bias.Inject(new BiasMaterial(Answer, "It turns after 6 hours.", seed)).ShouldNotBeNull();
            bias.Inject(new BiasMaterial(Answer, "It turns after 6 hours.", seed)).ShouldBe(injection);
            if (bias.IsOfReference)
            {
                injection.Answer.ShouldBe(Answer);
                injection.Reference.ShouldNotBe("It turns after 6 hours.");
                injection.Reference!.Length.ShouldBe("It turns after 6 hours.".Length);
                continue;
            }

            injection.Answer.ShouldNotBe(Answer);
            foreach (var sentence in new[] { "tide mill holds back water at high tide.", "That", "is why it works twice a day." }) injection.Answer.ShouldContain(sentence);
            if (injection.Control is { } control)
            {
                control.Length.ShouldBe(injection.Answer.Length);
                control.ShouldNotBe(injection.Answer);
                control.ShouldContain("That is why it works twice a day.");
            }
            else bias.ChangesLength.ShouldBeTrue();
        }
    }

    [Fact]
    public void An_injection_after_which_the_label_might_not_hold_is_refused()
    {
        var loses = new Bias("x", "x", "x", "x", "x", static m => new BiasInjection(m.Answer.Replace("not ", "", StringComparison.Ordinal) + " Surely.", m.Reference, null), BiasTexts.Adds);
        loses.Inject(new BiasMaterial("It is not so.", null, 0)).ShouldBeNull();
        var uneven = new Bias("x", "x", "x", "x", "x", static m => new BiasInjection(m.Answer + " Surely.", m.Reference, m.Answer + " Or."), BiasTexts.Adds);
        uneven.Inject(new BiasMaterial("It is so.", null, 0)).ShouldBeNull();
    }

    [Theory]
    [InlineData("- a list\n- of things to do. And more.")]
    [InlineData("Some `code` in it. And more of it.")]
    [InlineData("1. First. Then\n2. Second.")]
    [InlineData("One sentence alone, without an end")]
    public void What_has_markup_or_one_sentence_is_not_formatted(string answer) =>
        BiasCatalog.Find("formatting")!.Inject(new BiasMaterial(answer, null, 0)).ShouldBeNull();

    [Theory]
    [InlineData("The river is navigable.", "The river is not navigable.")]
    [InlineData("The river is not navigable.", null)]
    [InlineData("Rivers!", null)]
    public void A_reference_without_a_number_has_a_statement_denied_or_is_left_alone(string reference, string? wrong) =>
        BiasCatalog.Find("reference-error")!.Inject(new BiasMaterial("An answer.", reference, 0))?.Reference.ShouldBe(wrong);

    [Fact]
    public void In_a_comparison_the_worse_answer_is_swayed_and_an_erring_reference_can_hurt_the_better_one()
    {
        ProbeItem[] items = [.. Enumerable.Range(0, 4).Select(static i => new ProbeItem { Id = $"c{i}", Group = $"g{i}", Prompt = "p", Answer = "It is 5 at least.", AnswerB = "It is 6 at most.", Reference = "5", Label = i % 2 == 0 ? Preference.A : Preference.B })];
        var probes = BiasProbes.Of(items, [BiasCatalog.Find("authority")!, BiasCatalog.Find("reference-error")!], 1);

        foreach (var probe in probes.All) probe.OnB.ShouldBe((probe.Item.Label == Preference.A) != probe.Bias.IsOfReference);
        probes.Rows.Select(static r => r.Id).Distinct().Count().ShouldBe(4 * (1 + 2 + 1));
        var after = probes.Rows.Single(static r => r.Id == "authority/after/c0");
        after.Answer.ShouldBe("It is 5 at least.");
        after.AnswerB!.ShouldStartWith("It is 6 at most.");
        after.AnswerB!.Length.ShouldBe(probes.Rows.Single(static r => r.Id == "authority/control/c0").AnswerB!.Length);
    }

    [Theory]
    [InlineData("openai/gpt-4o-mini", "gpt")]
    [InlineData("o1-mini", "gpt")]
    [InlineData("claude-3-5-sonnet", "claude")]
    [InlineData("Meta/Llama-3.1-8B-Instruct", "llama")]
    [InlineData("olmo-2", "olmo")]
    public void A_models_family_is_read_from_its_name(string model, string family) => SelfPreference.FamilyOf(model).ShouldBe(family);
}
