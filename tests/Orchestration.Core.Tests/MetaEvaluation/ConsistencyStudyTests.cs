using Orchestration.Core.MetaEvaluation.Consistency;
using Orchestration.Core.MetaEvaluation.Probing;
using Orchestration.Learning.Intervals;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.MetaEvaluation;

public sealed class ConsistencyStudyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("consistency-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_cycle_of_three_is_one_of_four_triples_and_ties_and_contradictions_are_undecided()
    {
        // Four answers: w beats all; x, y and z go in a circle. A second prompt has a tie, a third a contradiction, between two of three.
        var preferences = new Dictionary<(string, string), (string, string)>
        {
            [("w", "x")] = ("A>B", "B>A"),
            [("w", "y")] = ("A>B", "B>A"),
            [("w", "z")] = ("A>B", "B>A"),
            [("x", "y")] = ("A>B", "B>A"),
            [("x", "z")] = ("B>A", "A>B"),
            [("y", "z")] = ("A>B", "B>A"),
            [("a", "b")] = ("A>B", "B>A"),
            [("a", "c")] = ("A=B", "A=B"),
            [("b", "c")] = ("A>B", "B>A"),
            [("k", "l")] = ("A>B", "A>B"),
            [("k", "m")] = ("A>B", "B>A"),
            [("l", "m")] = ("A>B", "B>A"),
        };
        var pairs = new[] { "1:wxyz", "2:abc", "3:klm" }.SelectMany(static g => g[2..].Select(c => new ProbeItem { Id = $"{c}", Group = g[..1], Prompt = "p", Answer = $"{c}" })).ToArray();
        var comparisons = ConsistencyProbes.ComparisonsOf(pairs, 4, 0);
        comparisons.Count.ShouldBe(6 + 3 + 3);
        File.WriteAllLines(Path.Combine(_folder, "v.jsonl"), comparisons.Select(c => preferences[(c.Answer, c.AnswerB!)] is var (shown, swapped) ? $$"""{"id":"{{c.Id}}","verdicts":{"j":["{{shown}}","{{swapped}}"]} }""" : ""));
        var rows = new JudgedRows();
        rows.Add(Path.Combine(_folder, "v.jsonl"));

        var study = new ConsistencyStudy(rows, new BootstrapOptions { Resamples = 100 });
        study.Add(new ConsistencyJudge("j", [], []), comparisons, []);
        var outcome = study.Outcome([]);

        var cycles = outcome.Cycles.Single();
        cycles.Triples.ShouldBe(4);
        cycles.Undecided.ShouldBe(2);
        cycles.Cyclic.Value.ShouldBe(0.25);
        cycles.PromptsWithCycle.Value.ShouldBe(1);
        var order = outcome.Lines.Single();
        order.Probe.ShouldBe(ConsistencyProbe.Order);
        order.Same.Value.ShouldBe(11 / 12.0, 1e-12);
    }

    [Fact]
    public void A_judge_that_is_never_moved_has_an_interval_that_says_how_few_prompts_that_was_seen_on()
    {
        // Twenty prompts, two comparisons each; j says the same in both orders always, k never, m on all prompts but one.
        var items = Enumerable.Range(0, 40).Select(static i => new ProbeItem { Id = $"c{i}", Group = $"g{i / 2}", Prompt = "p", Answer = "a", AnswerB = "b" }).ToArray();
        File.WriteAllLines(Path.Combine(_folder, "v.jsonl"), items.Select(static (item, i) => $$"""{"id":"{{item.Id}}","verdicts":{"j":["A>B","B>A"],"k":["A>B","A>B"],"m":["A>B","{{(i < 2 ? "A>B" : "B>A")}}"]} }"""));
        var rows = new JudgedRows();
        rows.Add(Path.Combine(_folder, "v.jsonl"));

        var study = new ConsistencyStudy(rows, new BootstrapOptions { Resamples = 200 });
        foreach (var judge in new[] { "j", "k", "m" }) study.Add(new ConsistencyJudge(judge, [], []), items, []);
        var same = study.Outcome([]).Lines.ToDictionary(static l => l.Judge, static l => l.Same);

        // Wilson's bounds of 20 of 20, and of none of 20: n / (n + z²).
        const double Bound = 20 / (20 + 1.959963984540054 * 1.959963984540054);
        (same["j"].Value, same["j"].Upper).ShouldBe((1, 1));
        same["j"].Lower.ShouldBe(Bound, 1e-12);
        (same["k"].Value, same["k"].Lower).ShouldBe((0, 0));
        same["k"].Upper.ShouldBe(1 - Bound, 1e-12);
        same["m"].Value.ShouldBe(0.95, 1e-12);
        same["m"].Lower.ShouldBeInRange(0.8, 0.9);
        same["m"].Upper.ShouldBe(1);
        ConsistencyReport.Headline(study.Outcome([])).ShouldStartWith("Least steady: k, which says the same 0% (0 to 16.1%) of the time when the two answers");
    }

    [Fact]
    public void More_answers_than_are_wanted_are_drawn_by_the_seed_and_equal_ones_are_not_compared()
    {
        ProbeItem[] pairs = [.. Enumerable.Range(0, 10).Select(static i => new ProbeItem { Id = $"p{i}", Group = "g", Prompt = "p", Answer = $"answer {i}" }), new ProbeItem { Id = "q", Group = "h", Prompt = "p", Answer = "same" }, new ProbeItem { Id = "r", Group = "h", Prompt = "p", Answer = "same" }];

        var some = ConsistencyProbes.ComparisonsOf(pairs, 4, 1);

        some.Count.ShouldBe(6);
        ConsistencyProbes.ComparisonsOf(pairs, 4, 1).ShouldBe(some);
        ConsistencyProbes.ComparisonsOf(pairs, 4, 2).ShouldNotBe(some);
    }

    [Fact]
    public void Rewordings_change_what_they_say_and_nothing_else()
    {
        const string Text = "- It's one.\n- Two\n\nCaf\u00e9 **three**";
        var surface = Rewordings.Surface.ToDictionary(static r => r.Name, static r => r.Apply(Text));
        surface["trailing-space"].ShouldBe(Text + "  \n");
        surface["line-ends"].ShouldBe(Text.Replace("\n", "\r\n", StringComparison.Ordinal));
        surface["unicode-form"].ShouldBe("- It\u2019s one.\n- Two\n\nCafe\u0301 **three**");
        surface["bullets"].ShouldBe("* It's one.\n* Two\n\nCaf\u00e9 **three**");
        surface["blank-lines"].ShouldBe("- It's one.\n- Two\n\n\nCaf\u00e9 **three**");
    }
}
