using Orchestration.Core;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Orleans.Contracts;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Contracts;

/// <summary>Which questions are one evaluation, and how long one may take.</summary>
public sealed class EvaluationQuestionTests
{
    private static readonly Pair Asked = new() { Id = "p", Prompt = "?", Answer = "!", Group = "g" };
    private static readonly EvaluationColumn Column = new("name", "judge", 0, ColumnKind.ScoreA, Scale.Unit);

    [Fact]
    public void Everything_that_judges_read_is_in_the_key_and_nothing_else()
    {
        var set = Set(Column, 1);
        Pair[] different =
        [
            Asked, Asked with { Prompt = "??" }, Asked with { Answer = "!!" }, Asked with { Reference = "r" }, Asked with { Reference = "other" }, Asked with { Context = "r" }, Asked with { Reference = "r", Context = "r" },
        ];
        different.Select(pair => new EvaluationQuestion { Pair = pair }.KeyOf(set)).ShouldBeUnique();
        new EvaluationQuestion { Pair = Asked with { Id = "q", Group = "h" }, Payer = "somebody", Within = TimeSpan.FromSeconds(1) }.KeyOf(set).ShouldBe(new EvaluationQuestion { Pair = Asked }.KeyOf(set));

        var compared = new Comparison { Id = "c", Prompt = "?", AnswerA = "a", AnswerB = "b", Group = "g" };
        Comparison[] comparisons = [compared, compared with { AnswerA = "b", AnswerB = "a" }, compared with { Reference = "r" }, compared with { Context = "r" }];
        comparisons.Select(comparison => new EvaluationQuestion { Comparison = comparison }.KeyOf(set)).ShouldBeUnique();
        EvaluationQuestion.VersionOf(new EvaluationQuestion { Pair = Asked }.KeyOf(set)).ShouldBe(set.Version);
    }

    [Fact]
    public void Other_names_kinds_judges_and_orders_are_other_judge_sets()
    {
        JudgeSet[] sets = [Set(Column, 1), Set(Column with { Name = "other" }, 1), Set(Column with { Kind = ColumnKind.ScoreB }, 1), Set(Column, 2)];
        sets.Select(static set => set.Version).ShouldBeUnique();
        Set(Column, 1).Version.ShouldBe(sets[0].Version);
    }

    [Fact]
    public void No_question_takes_longer_than_a_grain_call_is_waited_for()
    {
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Deadline(TimeSpan.FromSeconds(2)).ShouldBe(TimeSpan.FromSeconds(2));
        Deadline(TimeSpan.Zero).ShouldBe(EvaluationQuestion.Longest);
        Deadline(TimeSpan.FromHours(1)).ShouldBe(EvaluationQuestion.Longest);
        EvaluationQuestion.Longest.ShouldBeLessThan(TimeSpan.FromSeconds(30), "Orleans gives up then");

        TimeSpan Deadline(TimeSpan within) => new EvaluationQuestion { Pair = Asked, Within = within }.ToRequest(Set(Column, 1), now).Deadline!.Value - now;
    }

    private static JudgeSet Set(EvaluationColumn column, ulong version) =>
        JudgeSet.Of([column], _ => new JudgeDescriptor { Id = "judge", Kind = JudgeKind.Llm, Version = new Hash128(version, 0), Dimensions = [new JudgeDimension("judge", Scale.Unit)] });
}
