using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Code;
using Orchestration.Core.Pairs;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Code;

public sealed class CodeJudgesTests
{
    private static readonly Pair WithReference = Ask.Pair(
        "Name three fruits.", "Apples, pears and 3 + 4 = 7 plums. I think that is all.", "Apples, pears and plums: 7");

    [Fact]
    public void The_judges_and_their_order_are_these() => CodeJudges.All.Select(judge => judge.Id).ShouldBe(
    [
        "relevance", "length-fit", "repetition", "readability", "structure", "ending", "hedging", "refusal", "private-data", "toxicity", "arithmetic",
        "exact-match", "numeric-match", "token-f1", "rouge-l", "chrf",
    ]);

    [Fact]
    public void Every_judge_states_what_it_is()
    {
        foreach (var judge in CodeJudges.All)
        {
            judge.Id.Split('-').ShouldAllBe(word => word.Length > 0 && word.All(unit => char.IsAsciiLetterLower(unit) || char.IsAsciiDigit(unit)));
            judge.Revision.ShouldBeGreaterThan(0);
            judge.Summary.ShouldNotBeNullOrWhiteSpace();
            judge.Summary.ShouldNotContain("\n");
            judge.Scale.Max.ShouldBeGreaterThan(judge.Scale.Min);
            CodeJudges.Find(judge.Id).ShouldBeSameAs(judge);
        }
    }

    [Fact]
    public void Lower_is_better_for_what_is_bad() => CodeJudges.All.Where(judge => judge.Scale.Direction == Direction.LowerIsBetter)
        .Select(judge => judge.Id).ShouldBe(["repetition", "hedging", "refusal", "private-data", "toxicity"]);

    [Fact]
    public void An_unknown_id_finds_nothing() => CodeJudges.Find("no-such-judge").ShouldBeNull();

    [Fact]
    public void Without_a_reference_the_judges_that_need_one_say_so()
    {
        var pair = WithReference with { Reference = null };
        foreach (var judge in CodeJudges.All)
        {
            if (judge.NeedsReference) judge.Score(pair).Reason.ShouldBe(UnscoredReason.NoReference, judge.Id);
            else judge.Score(pair).IsScored.ShouldBeTrue(judge.Id);
        }
    }

    [Fact]
    public void Scoring_with_all_judges_at_once_gives_what_each_of_them_gives()
    {
        var judges = CodeJudges.All.ToArray();
        var together = new Judgment[judges.Length];
        CodeJudges.ScoreAll(WithReference, judges, together);
        together.ShouldBe(judges.Select(judge => judge.Score(WithReference)));
        together.ShouldAllBe(judgment => judgment.IsScored);
    }

    [Fact]
    public void Too_few_places_for_the_judgments_are_refused() => Should.Throw<ArgumentException>(
        () => CodeJudges.ScoreAll(WithReference, CodeJudges.All.ToArray(), new Judgment[3])).Message.ShouldContain("16 judges");

    [Fact]
    public void A_judge_of_the_callers_own_that_asks_other_judges_about_another_pair_disturbs_nobody()
    {
        var other = Ask.Pair("Something else altogether?", "Perhaps. damn! 1 + 1 = 3", "No.");
        ICodeJudge[] judges = [CodeJudges.Find("token-f1")!, new Meddler(other), CodeJudges.Find("hedging")!, CodeJudges.Find("rouge-l")!];
        var judgments = new Judgment[judges.Length];
        CodeJudges.ScoreAll(WithReference, judges, judgments);
        judgments[0].ShouldBe(judges[0].Score(WithReference));
        judgments[1].ShouldBe(CodeJudges.Find("hedging")!.Score(other));
        judgments[2].ShouldBe(judges[2].Score(WithReference));
        judgments[3].ShouldBe(judges[3].Score(WithReference));
        judgments[1].ShouldNotBe(judgments[2]);
    }

    private sealed class Meddler(Pair other) : ICodeJudge
    {
        public string Id => "meddler";

        public int Revision => 1;

        public string Summary => "Scores another pair.";

        public Scale Scale => Scale.UnitLowerIsBetter;

        public bool NeedsReference => false;

        public Judgment Score(Pair pair)
        {
            var judgments = new Judgment[CodeJudges.All.Count];
            CodeJudges.ScoreAll(other, CodeJudges.All.ToArray(), judgments);
            return judgments[6];
        }
    }
}
