using Orchestration.Core.Aggregation;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Aggregation;

public sealed class MeanScoreTests
{
    private static readonly EvaluationColumn[] Columns =
    [
        new("helpful", "a", 0, ColumnKind.Score, new Scale(0, 4)),
        new("toxic", "b", 0, ColumnKind.Score, Scale.UnitLowerIsBetter),
        new("reward", "c", 0, ColumnKind.Score, null),
    ];

    [Fact]
    public void It_is_the_mean_of_mapped_scores_with_the_good_end_up()
    {
        var table = Row(3, 0.1, 17.5);

        new MeanScore(Columns, 1).Score(table, 0).ShouldBe((0.75 + 0.9) / 2, 1e-15);
        new MeanScore(Columns, 1).Coverage(table, 0).ShouldBe(1);
    }

    [Fact]
    public void A_judge_without_a_scale_takes_no_part()
    {
        new MeanScore(Columns, 1).Score(Row(3, 0.1, -1e6), 0).ShouldBe(new MeanScore(Columns, 1).Score(Row(3, 0.1, 1e6), 0));
    }

    [Fact]
    public void A_missing_judge_is_never_a_zero()
    {
        var mean = new MeanScore(Columns, 0.5);

        mean.Score(Row(null, 0.1, 1), 0).ShouldBe(0.9, 1e-15);
        mean.Coverage(Row(null, 0.1, 1), 0).ShouldBe(0.5);
    }

    [Fact]
    public void Below_the_stated_coverage_there_is_no_score()
    {
        double.IsNaN(new MeanScore(Columns, 0.8).Score(Row(null, 0.1, 1), 0)).ShouldBeTrue();
        double.IsNaN(new MeanScore(Columns, 0).Score(Row(null, null, 1), 0)).ShouldBeTrue();
    }

    private static JudgmentTable Row(params double?[] values)
    {
        var table = new JudgmentTable(1, values.Length);
        for (var c = 0; c < values.Length; c++)
        {
            if (values[c] is { } value) table.SetScored(0, c, value);
            else table.SetUnscored(0, c, UnscoredReason.Unreadable);
        }

        return table;
    }
}
