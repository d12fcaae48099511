using FsCheck;
using FsCheck.Fluent;
using Orchestration.Learning.Selection;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Selection;

/// <summary>Digits: drawn folds by a second implementation in Python; GroupKFold by scikit-learn 1.2.1 on NumPy 1.24.2.</summary>
public sealed class FoldsTests
{
    private static readonly Gen<(int[] Sizes, int Folds, int Seed)> Draws =
        Gen.Choose(5, 60).SelectMany(groups => Gen.Choose(1, 9).ArrayOf(groups).SelectMany(sizes => Gen.Choose(2, 5).SelectMany(folds => Gen.Choose(0, 1000).Select(seed => (sizes, folds, seed)))));

    [Fact]
    public void Groups_of_one_size_are_drawn_as_the_rule_says()
    {
        FoldOfGroup(Folds.ByGroup(Rows(Enumerable.Repeat(12, 10)), 3, 0), Enumerable.Repeat(12, 10)).ShouldBe([1, 1, 2, 2, 0, 0, 0, 2, 0, 1]);
        FoldOfGroup(Folds.ByGroup(Rows([3, 5, 5, 2, 7, 5, 1]), 3, 7), [3, 5, 5, 2, 7, 5, 1]).ShouldBe([2, 2, 1, 0, 0, 1, 2]);
    }

    [Fact]
    public void Seventy_equal_groups_come_as_in_scikit_learns_group_k_fold() =>
        FoldOfGroup(Folds.LikeGroupKFold(Rows(Enumerable.Repeat(12, 70)), 5), Enumerable.Repeat(12, 70)).ShouldBe(
        [
            4, 0, 1, 2, 3, 4, 0, 4, 1, 3, 4, 0, 1, 2, 3, 2, 2, 4, 1, 2, 3, 4, 0, 1, 2, 1, 3, 0, 1, 2, 3, 4, 0, 4, 0,
            1, 0, 3, 2, 1, 0, 4, 3, 2, 1, 0, 4, 3, 2, 1, 0, 4, 3, 2, 3, 4, 0, 1, 2, 3, 2, 4, 1, 2, 3, 4, 0, 1, 3, 0,
        ]);

    [Fact]
    public void Groups_of_many_sizes_come_as_in_scikit_learns_group_k_fold()
    {
        int[] sizes = [3, 5, 5, 2, 7, 5, 5, 5, 1, 9, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 4, 4, 4, 4];

        FoldOfGroup(Folds.LikeGroupKFold(Rows(sizes), 5), sizes).ShouldBe([4, 3, 2, 1, 1, 4, 3, 4, 0, 0, 2, 3, 2, 4, 1, 0, 2, 3, 4, 1, 0, 2, 3, 0, 1]);
    }

    [Fact]
    public void A_group_is_in_one_fold_and_folds_are_balanced() =>
        SeededProperty.Holds(Draws, seed: 21, draw =>
        {
            var groupOf = Rows(draw.Sizes);
            var folds = Folds.ByGroup(groupOf, draw.Folds, (ulong)draw.Seed);
            var rows = Enumerable.Range(0, draw.Folds).Select(k => folds.HeldOut(k).Length).ToArray();
            var whole = groupOf.Zip(folds.FoldOf).Distinct().Count() == draw.Sizes.Length;
            return whole && folds.Grouped && rows.Max() - rows.Min() <= draw.Sizes.Max() && rows.All(r => r > 0)
                && Enumerable.Range(0, draw.Folds).All(k => folds.Training(k).Length + rows[k] == groupOf.Length);
        });

    [Fact]
    public void Random_folds_say_that_they_are()
    {
        Folds.Random(10, 3, 1).Grouped.ShouldBeFalse();
        Folds.Random(10, 3, 1).FoldOf.GroupBy(f => f).Select(f => f.Count()).Order().ShouldBe([3, 3, 4]);
    }

    [Fact]
    public void Parts_left_out_are_grouped_where_no_group_is_in_two()
    {
        Folds.LeaveOut([0, 0, 1, 1, 2], [0, 0, 1, 2, 3]).Grouped.ShouldBeTrue();
        Folds.LeaveOut([0, 0, 1, 1, 2], [0, 1, 1, 2, 3]).Grouped.ShouldBeFalse();
    }

    [Fact]
    public void Fewer_groups_than_folds_are_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => Folds.ByGroup([0, 0, 1], 3, 0)).Message.ShouldContain("2 groups");

    private static int[] Rows(IEnumerable<int> sizes) => [.. sizes.SelectMany((size, group) => Enumerable.Repeat(group, size))];

    private static int[] FoldOfGroup(Folds folds, IEnumerable<int> sizes)
    {
        var start = 0;
        return [.. sizes.Select(size => folds.FoldOf[(start += size) - size])];
    }
}
