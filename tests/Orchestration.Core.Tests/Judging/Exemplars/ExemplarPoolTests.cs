using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Exemplars;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Rubrics;
using Orchestration.Core.Tests.Judging.Llm;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Exemplars;

public sealed class ExemplarPoolTests
{
    private static readonly Exemplar[] Rows =
    [
        Row("How do I boil an egg?", "Seven minutes in boiling water.", 3),
        Row("How do I poach an egg?", "Three minutes in water below the boil.", 4),
        Row("Who was the first emperor of Rome?", "Augustus.", 2),
        Row("How do I fry an egg?", "In butter.", 1),
        Row("Name a prime number.", "Seven.", 4),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_nearest_are_shown_with_their_labels_and_the_nearest_first()
    {
        var judge = new ScriptedChat("").Judge(options: new LlmJudgeOptions { Exemplars = Pool(2) });
        var request = judge.RequestFor(Pair("How do I scramble an egg in butter?", "With butter and patience."));
        request.System.ShouldContain("Before the prompt stand examples");
        var user = request.User;
        user.ShouldContain("]\nPrompt: How do I fry an egg?\nAnswer: In butter.\n[end of example 1 ");
        user.ShouldContain("People judged example 1: the score 1.\n");
        user.ShouldContain("[example 2 ");
        user.ShouldNotContain("Augustus");
        user.ShouldNotContain("[example 3 ");
        user.IndexOf("Here is what you judge.", StringComparison.Ordinal).ShouldBeLessThan(user.IndexOf("[prompt ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("How do I boil an egg?", "Anything.", "g")]
    [InlineData("how do I BOIL an egg", "Anything.", "g")]
    [InlineData("How long does an egg boil?", "seven minutes, in boiling water", "g")]
    [InlineData("How long does an egg boil?", "Anything.", "boiling")]
    public void What_could_tell_the_label_of_the_material_itself_is_never_shown(string prompt, string answer, string group)
    {
        var pool = new ExemplarPool(new ExemplarSet("p", 5, [Rows[0] with { Group = "boiling" }, .. Rows[1..]]));
        var shown = pool.Nearest(Material.Of(Pair(prompt, answer, group)));
        shown.ShouldNotContain(e => e.Prompt == Rows[0].Prompt);
        shown.Count.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Nothing_of_a_pool_leaks_to_any_row_of_itself()
    {
        var words = Gen.Elements("egg", "boil", "rome", "prime", "water", "why", "seven", "butter");
        var text = words.NonEmptyListOf().Select(w => string.Join(' ', w.Take(4)));
        var row = from p in text from a in text from g in Gen.Elements<string?>(null, "g1", "g2") from label in Gen.Choose(0, 4) select new Exemplar(p, a, null, g ?? PairHash.Group(p), label);
        Prop.ForAll(row.NonEmptyListOf().ToArbitrary(), rows =>
        {
            var pool = new ExemplarPool(new ExemplarSet("p", 10, [.. rows]));
            return rows.All(own => pool.Nearest(Material.Of(Pair(own.Prompt.ToUpperInvariant() + "!", own.Answer + ".", own.Group)))
                .All(e => e.Group != own.Group && e.Prompt != own.Prompt && e.Answer != own.Answer));
        }).Check(SeededProperties.Config.WithMaxTest(200));
    }

    [Fact]
    public void Both_orders_of_a_comparison_are_shown_the_same_examples()
    {
        var pool = new ExemplarPool(new ExemplarSet("c", 3,
        [
            new("Which is greater, 3 or 4?", "four", "three", "a", 1), new("Which is greater, 2 or 1?", "one", "two", "b", -1), new("Which is even?", "two of them", "none", "c", 0),
        ]));
        var judge = new ScriptedChat("").Judge(Given.Compare(), new LlmJudgeOptions { Exemplars = pool });
        var (shown, swapped) = (judge.RequestFor(Given.Comparison).User, judge.RequestFor(Given.Comparison.Swapped()).User);
        shown.ShouldContain("Answer A: one\nAnswer B: two\n");
        shown.ShouldContain("People judged example 1: answer B is better.\n");
        Examples(swapped).ShouldBe(Examples(shown));
        judge.PlanOf(Given.Comparison).Address.ShouldNotBe(judge.PlanOf(Given.Comparison.Swapped()).Address);

        static string[] Examples(string user) => [.. user.Split("Here is what")[0].Split('\n').Where(l => !l.StartsWith('['))];
    }

    [Fact]
    public void The_pool_is_in_the_version_and_what_is_shown_is_in_the_address()
    {
        var chat = new ScriptedChat("");
        LlmJudge With(ExemplarPool? pool) => chat.Judge(options: new LlmJudgeOptions { Exemplars = pool });
        var versions = new[]
        {
            With(null), With(Pool(2)), With(Pool(3)), With(new ExemplarPool(new ExemplarSet("p", 2, [.. Rows[..4], Rows[4] with { Label = 3 }]))),
            With(new ExemplarPool(new ExemplarSet("p", 2, Rows, 0, 4))), With(new ExemplarPool(new ExemplarSet("p", 2, [.. Rows[..4], Rows[4] with { Group = "x" }]))),
        }.Select(j => j.Descriptor.Version).ToArray();
        versions.Distinct().Count().ShouldBe(versions.Length);
        With(new ExemplarPool(new ExemplarSet("another name", 2, Rows))).Descriptor.Version.ShouldBe(With(Pool(2)).Descriptor.Version);

        var judge = With(Pool(2));
        var pair = Pair("How do I scramble an egg?", "Stir.");
        judge.PlanOf(pair).Address.ShouldBe(judge.PlanOf(pair with { Group = "other" }).Address);
        judge.PlanOf(pair).Address.ShouldNotBe(judge.PlanOf(pair with { Group = PairHash.Group("How do I fry an egg?") }).Address, "another group is shown others");
    }

    [Fact]
    public async Task A_reservation_holds_what_exemplars_add_to_the_prompt()
    {
        var long1 = new ExemplarPool(new ExemplarSet("p", 1, [Row("How do I scramble eggs?", string.Concat(Enumerable.Repeat("é", 9000)), 3)]));
        var ledger = new MemorySpendLedger();
        var chat = new ScriptedChat(Given.Json(1)) { Prices = new TokenPrices(1, 1, 1, 1) };
        var judge = chat.Judge(options: new LlmJudgeOptions { Exemplars = long1 }, purchases: Given.Purchases(ledger: ledger));
        var pair = Pair("How do I scramble an egg?", "Stir.");

        await judge.JudgeAsync(Given.Request(pair) with { Payer = "s" }, Token);

        var sent = chat.Requests[0];
        var bytes = System.Text.Encoding.UTF8.GetByteCount(sent.System + sent.User + sent.JsonSchema);
        bytes.ShouldBeInRange(2 * Exemplar.MaxShown, 9000 * 2, "an example is cut at its bound");
        ledger.MostUsd.ShouldBeGreaterThanOrEqualTo((bytes + 1024) / 1_000_000m);
        judge.MeasureOf(pair).TextBytes.ShouldBe(System.Text.Encoding.UTF8.GetByteCount(sent.System + sent.User));
    }

    [Theory]
    [InlineData(1, "the score 0")]
    [InlineData(3, "the score 2")]
    [InlineData(5, "the score 4")]
    [InlineData(2.22, "the score 1.2")]
    public void Labels_are_put_on_the_rubric_s_scale(double label, string words) =>
        new ExemplarPool(new ExemplarSet("p", 1, [Row("p", "a", label)], 1, 5)).LabelOf(Row("p", "a", label), Given.Score(), "answer", "").ShouldBe(words);

    [Fact]
    public void A_pool_that_does_not_suit_the_rubric_is_refused()
    {
        Refused(Given.Score(scale: new Scale(0, 1, 1))).ShouldContain("holds the target 3, which is off the rubric's scale of 0 to 1");
        Refused(Given.Compare()).ShouldContain("use a pool of comparisons with labels");
        Refused(Given.Several()).ShouldContain("several verdicts");
        Refused(Tests.Rubrics.ChecklistSamples.Bundle()).ShouldContain("several verdicts");

        static string Refused(Rubric rubric) =>
            Should.Throw<OrchestrationException>(() => new ScriptedChat("").Judge(rubric, new LlmJudgeOptions { Exemplars = Pool(2) })).Message;
    }

    [Theory]
    [InlineData("{\"prompt\":\"p\",\"answer\":\"a\"}", "The field 'target' is no finite number")]
    [InlineData("{\"prompt\":\"p\",\"target\":1}", "There is no field 'answer'")]
    [InlineData("{\"prompt\":\"p\",\"answer\":\"a\",\"target\":9}", "off the scale of 1 to 5")]
    [InlineData("{\"prompt\":\"p\",\"answer_a\":\"a\",\"answer_b\":\"b\",\"label\":\"C\"}", "is no preference")]
    [InlineData("{\"prompt\":\"p\",\"answer_a\":\"a\",\"answer_b\":\"b\",\"label\":\"A>B\"}", "holds pairs and comparisons")]
    [InlineData("{", "line 2")]
    public void A_bad_row_of_a_pool_is_a_fault_with_its_line(string row, string message)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "{\"prompt\":\"q\",\"answer\":\"a\",\"target\":3}\n" + row + "\n");
            var fault = Should.Throw<OrchestrationException>(() => ExemplarFile.Read(new ExemplarsConfig { Name = "graded", File = file, Min = 1, Max = 5 }));
            fault.Code.ShouldBe(ErrorCodes.Input);
            fault.Message.ShouldStartWith($"exemplars.graded: {file} cannot be used");
            fault.Message.ShouldContain(message);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static ExemplarPool Pool(int count) => new(new ExemplarSet("p", count, Rows));

    private static Exemplar Row(string prompt, string answer, double label) => new(prompt, answer, null, PairHash.Group(prompt), label);

    private static Pair Pair(string prompt, string answer, string? group = null) => new() { Id = "x", Prompt = prompt, Answer = answer, Group = group ?? PairHash.Group(prompt) };
}
