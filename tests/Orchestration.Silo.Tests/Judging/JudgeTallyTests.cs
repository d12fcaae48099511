using Orchestration.Core.Evaluation;
using Orchestration.Core.Sweeps;
using Orchestration.Silo.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Judging;

/// <summary>What is counted of verdicts.</summary>
public sealed class JudgeTallyTests
{
    [Fact]
    public void Verdicts_that_prefer_what_is_shown_first_both_times_are_flips_and_missing_ones_are_no_comparison()
    {
        EvaluationColumn[] columns = [new("j", "j", 0, ColumnKind.VerdictAsShown, null), new("j", "j", 0, ColumnKind.VerdictSwapped, null)];
        var table = new JudgmentTable(5, 2);
        Set(0, 1, 1);   // first both times: the order decides
        Set(1, 1, -1);  // the same answer both times
        Set(2, 0, 1);   // a tie, then a preference: not steady, but not turned
        Set(3, -1, -1); // second both times
        table.SetScored(4, 0, 1);
        table.SetUnscored(4, 1, "unreadable");
        List<(string, bool)> told = [];
        var tally = new JudgeTally((judge, flipped) => told.Add((judge, flipped)));
        tally.AddVerdicts(VerdictColumns.Of(columns), table);
        tally.Verdicts()["j"].ShouldBe((4L, 2L));
        told.ShouldBe([("j", true), ("j", false), ("j", false), ("j", true)]);
        tally.AddVerdicts(VerdictColumns.Of(columns), table);
        tally.Verdicts()["j"].ShouldBe((8L, 4L));

        void Set(int row, double shown, double swapped)
        {
            table.SetScored(row, 0, shown);
            table.SetScored(row, 1, swapped);
        }
    }
}
