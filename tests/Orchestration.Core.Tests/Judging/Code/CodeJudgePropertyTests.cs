using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Code;
using Orchestration.Core.Pairs;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Code;

public sealed class CodeJudgePropertyTests
{
    // What texts are made of, whole and broken.
    private static readonly string[] Pieces =
    [
        " ", "  ", "\n", "\n\n", "\r\n", "\t", ".", "!", "?", "…", "。", ",", ";", ":", "'", "’", "\"", "“", "”", "(", ")", "[", "]", "{", "}", "-", "–", "*", "**",
        "`", "```", "~~~\n", "# ", "#### ", "- ", "1. ", "2) ", "|", "| a | b |\n", "---\n", "the", "a", "cat", "cats", "Cat", "don't", "I think", "perhaps",
        "I can't help with", "damn", "idiot", "write", "list", "in two sentences", "in 50 words", "at least", "no more than", "yes or no", "one paragraph",
        "3", "4", "0", "12", "1,234", "3.50", ".5", "1e9", "99999999999999999999", "50%", "+", "×", "/", "=", "==", "≈", "^", "^{2}", "3 + 4 = 7", "7 - 2 = 4",
        "\\boxed{", "\\frac{1}{2}", "\\times", "\\$", "$", "€", "@", "bob@corp.com", "4111 1111 1111 1111", "+1 415 555 2671", "sk-", "AKIA", "-----BEGIN ",
        "def f(x):", "x = 1;", "é", "ß", "İ", "日本", "機", "한국어", "שלום", "مرحبا", "😀", "𝒳", "𠮷", "e\u0301", "²", "½", "٣", "\u00a0", "\u2028", "\u200b", "\ufeff",
        "\0", "\ud800", "\udc00", "\udc00\ud800", "aaaaaaaaaaaaaaaaaaaaaaaa", "_", "\\", "<<", ">>", "#",
    ];

    private static readonly Gen<string> Texts = Gen.Frequency(
        (4, Gen.Elements(Pieces).ArrayOf().Select(string.Concat)),
        (3, Gen.Elements(Pieces).ArrayOf().Select(pieces => string.Join(' ', pieces))),
        (1, ArbMap.Default.GeneratorFor<string>().Select(text => text ?? "")),
        (1, Gen.Choose(0, 0xFFFF).Select(unit => (char)unit).ArrayOf().Select(units => new string(units))));

    private static readonly Gen<Pair> Pairs = Texts.Three().Select(texts => Ask.Pair(texts.Item1, texts.Item2, texts.Item3));

    [Fact]
    public void No_text_makes_a_judge_throw_or_leave_its_scale() => Holds(Pairs, 1, pair => ScoreAll(pair).Zip(CodeJudges.All)
        .All(one => one.First.IsScored ? one.Second.Scale.Contains(one.First.Value) : one.First.Reason == UnscoredReason.NotApplicable));

    [Fact]
    public void A_score_does_not_depend_on_the_pairs_that_were_scored_before() => Holds(Pairs.ArrayOf(), 2, pairs =>
    {
        // Warm: one after another on this thread, with all that is kept between pairs. Cold: each judge on a thread of its own.
        var warm = pairs.Select(ScoreAll).ToArray();
        var cold = new Judgment[pairs.Length][];
        for (var i = pairs.Length - 1; i >= 0; i--)
        {
            var at = i;
            var thread = new Thread(() => cold[at] = [.. CodeJudges.All.Select(judge => judge.Score(pairs[at]))]);
            thread.Start();
            thread.Join();
        }

        return warm.Zip(cold).All(both => both.First.SequenceEqual(both.Second));
    }, cases: 60);

    [Fact]
    public void A_shared_prompt_and_reference_change_nothing() => Holds(Pairs.Two(), 3, pairs =>
    {
        var (first, second) = pairs;
        var alone = ScoreAll(second);
        _ = ScoreAll(first with { Prompt = second.Prompt, Reference = second.Reference });
        return ScoreAll(second).SequenceEqual(alone);
    });

    [Fact]
    public void Scores_stay_the_same_when_the_kept_words_are_dropped()
    {
        var pair = Given();
        var before = ScoreAll(pair);
        for (var i = 0; i < 40; i++) _ = ScoreAll(pair with { Answer = string.Join(' ', Enumerable.Range(i * 500, 500).Select(number => $"word{number}s")) });
        ScoreAll(pair).ShouldBe(before);

        static Pair Given() => Ask.Pair("Which wordlings live in hollowtrees?", "Wordling rangers live in hollowtree 4.", "The wordling rangers: 4");
    }

    [Theory]
    [InlineData("exact-match")]
    [InlineData("numeric-match")]
    [InlineData("token-f1")]
    [InlineData("rouge-l")]
    [InlineData("chrf")]
    public void A_text_is_its_own_best_answer(string id) => Holds(Texts, 4, text =>
    {
        var judgment = Ask.Judge(id, "p", text, text);
        return !judgment.IsScored || judgment.Value == CodeJudges.Find(id)!.Scale.Max;
    });

    [Theory]
    [InlineData("exact-match")]
    [InlineData("numeric-match")]
    [InlineData("token-f1")]
    [InlineData("rouge-l")]
    public void Answer_and_reference_can_change_places(string id) => Holds(Texts.Two(), 5, texts =>
    {
        var there = Ask.Judge(id, "p", texts.Item1, texts.Item2);
        var back = Ask.Judge(id, "p", texts.Item2, texts.Item1);

        // A reference without what is compared leaves nothing to judge, an answer without it is wrong.
        return there.IsScored && back.IsScored ? there.Value == back.Value : !(there.Value > 0 || back.Value > 0);
    });

    [Fact]
    public void An_exact_match_has_full_marks_for_its_words() => Holds(Texts.Two(), 6, texts =>
        Ask.Judge("exact-match", "p", texts.Item1, texts.Item2).Value < 1 || Ask.Judge("token-f1", "p", texts.Item1, texts.Item2).Value == 1);

    private static Judgment[] ScoreAll(Pair pair)
    {
        var judgments = new Judgment[CodeJudges.All.Count];
        CodeJudges.ScoreAll(pair, CodeJudges.All.ToArray(), judgments);
        return judgments;
    }

    private static void Holds<T>(Gen<T> values, ulong seed, Func<T, bool> property, int cases = 400)
    {
        // The second word is the increment of the generator's stream and must be odd.
        var replay = new Replay(new Rnd(seed, 1), FSharpOption<int>.None);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(cases).WithQuietOnSuccess(true).WithReplay(FSharpOption<Replay>.Some(replay)),
            Prop.ForAll(Arb.From(values), property));
    }
}
