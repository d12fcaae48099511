using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Rubrics;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Llm;

public sealed class LlmProtocolTests
{
    private static readonly Rubric Digits = Given.Score(ReplyForm.Json, new Scale(1, 5, 1));
    private static readonly LlmJudgeOptions Expected = new() { Protocol = LlmProtocol.Expected };
    private static readonly LlmJudgeOptions Samples = new() { Protocol = LlmProtocol.Samples, Samples = 4, Temperature = 1, Seed = 100, MaxAsks = 1 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_expected_score_is_the_mean_over_the_digits_of_the_scale()
    {
        var chat = new ScriptedChat((_, _) => Digit("4", ("4", 0.6), ("3", 0.25), (" 4", 0.05), ("5", 0.05), ("7", 0.03), ("The", 0.02)));
        var store = new MemoryJudgmentStore();
        var judgment = await chat.Judge(Digits, Expected, Given.Purchases(store)).JudgeOneAsync(Given.Pair());
        judgment.Value.ShouldBe((0.65 * 4 + 0.25 * 3 + 0.05 * 5) / 0.95, 1e-12);
        store.Judgments.ShouldHaveSingleItem().Detail.Mass.ShouldNotBeNull().ShouldBe(0.95, 1e-12);
        var request = chat.Requests.ShouldHaveSingleItem();
        request.TopLogProbabilities.ShouldBe(20);
        request.Format.ShouldBe(ReplyFormat.Text);
    }

    [Fact]
    public async Task Too_little_mass_on_the_scale_is_unscored_at_once()
    {
        var chat = new ScriptedChat((_, _) => Digit("4", ("4", 0.6), ("3", 0.29), ("Well", 0.11)));
        var store = new MemoryJudgmentStore();
        (await chat.Judge(Digits, Expected, Given.Purchases(store)).JudgeOneAsync(Given.Pair())).ShouldBe(Judgment.Unscored(UnscoredReason.LowMass));
        chat.Calls.ShouldBe(1);
        store.Judgments.ShouldBeEmpty();
    }

    [Fact]
    public void The_digit_at_the_place_of_the_answer_counts_and_not_one_before_it()
    {
        TokenLogProbability[] tokens = [Place("2", ("2", 1)), Place(" facts"), Place("\nScore"), Place(":"), Place(" 4", (" 4", 0.5), (" 3", 0.5))];
        ExpectedScore.Mean(tokens, 4, Digits.Dimensions[0].Scale, out var mass).ShouldBe(3.5, 1e-12);
        mass.ShouldBe(1, 1e-12);
    }

    [Fact]
    public void A_chosen_token_that_is_missing_among_the_alternatives_counts()
    {
        TokenLogProbability[] tokens = [new TokenLogProbability("2", Math.Log(0.25), [new("1", Math.Log(0.75))])];
        ExpectedScore.Mean(tokens, 2, Digits.Dimensions[0].Scale, out var mass).ShouldBe(1.25, 1e-12);
        mass.ShouldBe(1, 1e-12);
    }

    [Fact]
    public void Logarithms_that_add_up_to_more_than_one_give_no_mean_off_the_scale()
    {
        TokenLogProbability[] tokens = [new TokenLogProbability("5", 0, [new("5", 0), new(" 5", -1e-9), new("1", double.NegativeInfinity), new("2", double.NaN), new("3", 5)])];
        ExpectedScore.Mean(tokens, 5, Digits.Dimensions[0].Scale, out var mass).ShouldBe(5);
        mass.ShouldBe(1);
    }

    [Theory]
    [InlineData("10", UnscoredReason.OffScale)]
    [InlineData("0", UnscoredReason.OffScale)]
    [InlineData("four", UnscoredReason.Unreadable)]
    public async Task The_text_of_an_expected_score_is_read_as_strictly(string text, string reason)
    {
        var chat = new ScriptedChat((_, _) => Digit(text, ("1", 0.9), ("0", 0.1)));
        (await chat.Judge(Digits, Expected).JudgeOneAsync(Given.Pair())).ShouldBe(Judgment.Unscored(reason));
        chat.Calls.ShouldBe(3);
    }

    [Fact]
    public async Task A_deployment_without_log_probabilities_is_refused()
    {
        var chat = new ScriptedChat("4");
        var fault = await Should.ThrowAsync<OrchestrationException>(async () => await chat.Judge(Digits, Expected).JudgeOneAsync(Given.Pair()));
        fault.Code.ShouldBe(ErrorCodes.Deployment);
        fault.Message.ShouldContain("returns no log-probabilities");
    }

    [Fact]
    public async Task Samples_are_averaged_and_stored_each_by_itself()
    {
        var chat = new ScriptedChat((request, _) => ScriptedChat.Says(Given.Json((double)(request.Seed! - 100))));
        var store = new MemoryJudgmentStore();
        var purchases = Given.Purchases(store);
        var judge = chat.Judge(options: Samples, purchases: purchases);
        var first = await judge.JudgeAsync(Given.Request(Given.Pair()), Token);
        first.Judgments.ShouldBe([Judgment.Scored(1.5)]);
        first.Totals.Calls.ShouldBe(4);
        store.Judgments.Select(j => j.Address.Repeat).Order().ShouldBe([0, 1, 2, 3]);
        judge.Descriptor.HasSingleAddress.ShouldBeFalse();

        var again = await judge.JudgeAsync(Given.Request(Given.Pair()), Token);
        again.Judgments.ShouldBe([Judgment.Scored(1.5)]);
        again.FromStore.ShouldBe(1);
        chat.Calls.ShouldBe(4);

        var more = await chat.Judge(options: Samples with { Samples = 5 }, purchases: purchases).JudgeAsync(Given.Request(Given.Pair()), Token);
        more.Judgments.ShouldBe([Judgment.Scored(2)]);
        more.FromStore.ShouldBe(0);
        chat.Calls.ShouldBe(5);
    }

    [Theory]
    [InlineData("1 2 x x", "1.5")]
    [InlineData("1 x x 9", UnscoredReason.Unreadable)]
    [InlineData("9 9 x 1", UnscoredReason.OffScale)]
    [InlineData("9 x 1 9", UnscoredReason.OffScale)]
    [InlineData("x 9 9 x", UnscoredReason.Unreadable)]
    public async Task Fewer_than_half_of_the_samples_are_no_score(string samples, string expected)
    {
        var texts = samples.Split(' ');
        var chat = new ScriptedChat((request, _) => ScriptedChat.Says(texts[(int)request.Seed! - 100]));
        var judgment = await chat.Judge(Given.Score(ReplyForm.Number), Samples).JudgeOneAsync(Given.Pair());
        judgment.ShouldBe(expected == "1.5" ? Judgment.Scored(1.5) : Judgment.Unscored(expected));
    }

    private static ChatReply Digit(string text, params (string Token, double Probability)[] alternatives) =>
        ScriptedChat.Says(text) with { LogProbabilities = [Place(text, alternatives)] };

    private static TokenLogProbability Place(string token, params (string Token, double Probability)[] alternatives) =>
        new(token, alternatives.Length == 0 ? 0 : Math.Log(alternatives[0].Probability), [.. alternatives.Select(a => KeyValuePair.Create(a.Token, Math.Log(a.Probability)))]);
}
