using Orchestration.Learning.Models;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Models;

public sealed class InnerFoldsTests
{
    [Fact]
    public void A_group_lies_in_one_fold_and_folds_are_as_even_as_groups_allow()
    {
        var random = new Random(1);
        int[] groupOf = [.. Enumerable.Range(0, 30), .. Enumerable.Range(0, 500).Select(_ => random.Next(30))];
        var folds = InnerFolds.Draw(groupOf, 30, 5, new SeedStream(1, 1));

        for (var group = 0; group < 30; group++) folds.Where((_, i) => groupOf[i] == group).Distinct().Count().ShouldBe(1);
        var sizes = folds.CountBy(f => f).Select(f => f.Value).ToArray();
        sizes.Length.ShouldBe(5);
        (sizes.Max() - sizes.Min()).ShouldBeLessThan(20);
    }

    [Fact]
    public void The_same_seed_draws_the_same_folds_and_another_seed_others()
    {
        int[] groupOf = [.. Enumerable.Range(0, 200).Select(i => i / 4)];

        InnerFolds.Draw(groupOf, 50, 5, new SeedStream(1, 1)).ShouldBe(InnerFolds.Draw(groupOf, 50, 5, new SeedStream(1, 1)));
        InnerFolds.Draw(groupOf, 50, 5, new SeedStream(1, 1)).ShouldNotBe(InnerFolds.Draw(groupOf, 50, 5, new SeedStream(2, 1)));
        InnerFolds.Draw(groupOf, 50, 5, new SeedStream(1, 1)).ShouldNotBe(InnerFolds.Draw(groupOf, 50, 5, new SeedStream(1, 2)));
    }

    [Fact]
    public void The_numbers_of_a_seed_stay_what_they_are()
    {
        // Stored versions say which seed they were trained with: another stream would make other models of it.
        var stream = new SeedStream(42, 7);
        ulong[] first = [stream.Next(), stream.Next(), stream.Next()];
        first.ShouldBe([14197355440240676196, 5303218209515562967, 4209707354220191637]);
        var sum = 0.0;
        var counts = new int[10];
        for (var i = 0; i < 10_000; i++)
        {
            sum += stream.NextDouble();
            counts[stream.NextBelow(10)]++;
        }

        (sum / 10_000).ShouldBe(0.5, 0.02);
        counts.ShouldAllBe(c => c > 850 && c < 1150);
    }
}
