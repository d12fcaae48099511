using Orchestration.Learning.Models;
using Orchestration.Learning.Robustness;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Robustness;

public sealed class AttackTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // A tolerance says nothing of NaN: a missing score is compared as this.
    private const double Gap = -9;

    private static readonly double[] Scores = [0.1, 0.9, 0.5, double.NaN, 1, 0.25];

    [Fact]
    public void Attacked_judges_say_what_is_stated_and_the_others_what_they_said()
    {
        double[] Attack(JudgeAttack attack, double size = 0.3) => JudgeAttacks.Apply(Scores, 2, [0], attack, size, 4);

        Gapless(Attack(JudgeAttack.Invert)).ShouldBe([0.9, 0.9, 0.5, Gap, 0, 0.25], 1e-12);
        Gapless(Attack(JudgeAttack.Bias)).ShouldBe([0.4, 0.9, 0.8, Gap, 1, 0.25], 1e-12);
        Gapless(Attack(JudgeAttack.Bias, -0.3)).ShouldBe([0, 0.9, 0.2, Gap, 0.7, 0.25], 1e-12);
        foreach (var attack in new[] { JudgeAttack.Noise, JudgeAttack.Random })
        {
            var changed = Attack(attack);
            changed.Where((_, i) => i % 2 == 1).ShouldBe(Scores.Where((_, i) => i % 2 == 1));
            changed.Where((_, i) => i % 2 == 0).ShouldAllBe(s => s >= 0 && s <= 1);
            changed.ShouldNotBe(Scores);
            changed.ShouldBe(Attack(attack));
        }

        JudgeAttacks.Apply(Scores, 2, [1], JudgeAttack.Random, 0, 4)[3].ShouldBe(double.NaN, "a missing score stays missing");
    }

    [Fact]
    public void What_an_attacked_judge_says_does_not_depend_on_the_others()
    {
        var alone = JudgeAttacks.Apply(Scores, 2, [1], JudgeAttack.Random, 0, 4);
        var both = JudgeAttacks.Apply(Scores, 2, [0, 1], JudgeAttack.Random, 0, 4);

        both[1].ShouldBe(alone[1]);
        both[5].ShouldBe(alone[5]);
    }

    [Fact]
    public void Noise_has_the_stated_spread_and_random_scores_are_uniform()
    {
        var middle = Enumerable.Repeat(0.5, 20_000).ToArray();
        var noise = JudgeAttacks.Apply(middle, 1, [0], JudgeAttack.Noise, 0.05, 1);
        var random = JudgeAttacks.Apply(middle, 1, [0], JudgeAttack.Random, 0, 1);

        Math.Sqrt(noise.Average(n => (n - 0.5) * (n - 0.5))).ShouldBe(0.05, 0.001);
        random.Average().ShouldBe(0.5, 0.01);
        random.Average(n => (n - 0.5) * (n - 0.5)).ShouldBe(1.0 / 12, 0.002);
    }

    [Theory]
    [InlineData(9, 0.1, 1)]
    [InlineData(9, 0.5, 5)]
    [InlineData(10, 0.3, 3)]
    [InlineData(36, 0.1, 4)]
    [InlineData(3, 0.1, 0)]
    [InlineData(1, 1, 1)]
    public void A_share_of_the_judges_is_rounded(int judges, double share, int attacked) => JudgeAttacks.Count(judges, share).ShouldBe(attacked);

    [Fact]
    public void Every_order_of_judges_holds_each_once_and_another_seed_gives_another()
    {
        JudgeAttacks.Order(8, 1).Order().ShouldBe(Enumerable.Range(0, 8));
        JudgeAttacks.Order(8, 1).ShouldBe(JudgeAttacks.Order(8, 1));
        JudgeAttacks.Order(8, 1).ShouldNotBe(JudgeAttacks.Order(8, 2));
    }

    [Fact]
    public void Labels_are_corrupted_on_their_own_scale()
    {
        double[] targets = [0, 2.5, 5, 10];

        LabelAttacks.Corrupt(targets, LabelAttack.Invert, 0, 10, 0, 1).ShouldBe([10, 7.5, 5, 0]);
        LabelAttacks.Corrupt(targets, LabelAttack.Compress, 0, 10, 0, 1).ShouldBe([3, 4, 5, 7], 1e-12);
        LabelAttacks.Corrupt([1, 3, 5], LabelAttack.Compress, 1, 5, 0, 1).ShouldBe([2.2, 3, 3.8], 1e-12);
        foreach (var (before, after) in targets.Zip(LabelAttacks.Corrupt(targets, LabelAttack.Step, 0, 10, 0, 1)))
            new[] { Math.Max(before - 2, 0), Math.Min(before + 2, 10) }.ShouldContain(after, "±2 on 0–10");
        LabelAttacks.Corrupt(Enumerable.Repeat(5.0, 1000).ToArray(), LabelAttack.Step, 0, 10, 0, 1).Count(t => t > 5).ShouldBeInRange(440, 560);
        var noisy = LabelAttacks.Corrupt(Enumerable.Repeat(5.0, 20_000).ToArray(), LabelAttack.Noise, 0, 10, 0.1, 1);
        Math.Sqrt(noisy.Average(n => (n - 5) * (n - 5))).ShouldBe(1, 0.02);
        Should.Throw<ArgumentException>(() => LabelAttacks.Corrupt(targets, LabelAttack.Invert, 3, 3, 0, 1));
    }

    [Fact]
    public void A_larger_share_corrupts_the_same_rows_and_further_ones()
    {
        int[] rows = [.. Enumerable.Range(100, 60)];
        var few = LabelAttacks.Choose(rows, 0.2, 3);
        var more = LabelAttacks.Choose(rows, 0.5, 3);

        few.Count(c => c).ShouldBe(12);
        more.Count(c => c).ShouldBe(30);
        for (var i = 0; i < rows.Length; i++) (few[i] && !more[i]).ShouldBeFalse();
    }

    [Fact]
    public void Shifts_of_answers_weigh_by_the_target_and_keep_the_mean_weight()
    {
        double[] targets = [0, 0.5, 1];

        var bottom = Shifts.Weights(targets, null, Shift.BottomHeavy, 6, 0, 1);
        (bottom[0] / bottom[2]).ShouldBe(Math.Exp(3), 1e-9);
        bottom.Average().ShouldBe(1, 1e-12);
        Shifts.Weights(targets, null, Shift.TopHeavy, 6, 0, 1).Reverse().ShouldBe(bottom, 1e-12);
        var middle = Shifts.Weights(targets, null, Shift.MiddleHeavy, 2, 0, 1);
        (middle[1] / middle[0]).ShouldBe(Math.E, 1e-9);
        middle[0].ShouldBe(middle[2]);
        Shifts.Weights(targets, [2, 2, 4], Shift.BottomHeavy, 0, 0, 1).ShouldBe([0.75, 0.75, 1.5], 1e-12, "weights that rows have already are kept");
        Shifts.EffectiveRows([1, 1, 1, 1]).ShouldBe(4);
        Shifts.EffectiveRows([1, 0]).ShouldBe(1);
    }

    [Fact]
    public void Shifts_of_scores_stay_on_the_scale_and_go_where_they_say()
    {
        double[] scores = [0, 0.25, 0.5, 1, double.NaN];

        Gapless(Shifts.Scores(scores, Shift.ScoresUp, 6)).ShouldBe([0.3, 0.55, 0.8, 1, Gap], 1e-12);
        Gapless(Shifts.Scores(scores, Shift.ScoresDown, 6)).ShouldBe([0, 0, 0.2, 0.7, Gap], 1e-12);
        Gapless(Shifts.Scores(scores, Shift.ScoresBottomHeavy, 4)).ShouldBe([0, 0.0625, 0.25, 1, Gap], 1e-12);
        Gapless(Shifts.Scores(scores, Shift.ScoresTopHeavy, 4)).ShouldBe([0, 1 - 0.5625, 0.75, 1, Gap], 1e-12);
        Gapless(Shifts.Scores(scores, Shift.ScoresMiddleHeavy, 5)).ShouldBe([0.25, 0.375, 0.5, 0.75, Gap], 1e-12);
        Should.Throw<ArgumentException>(() => Shifts.Scores(scores, Shift.ScoresUp, 7));
        Should.Throw<ArgumentException>(() => Shifts.Scores(scores, Shift.TopHeavy, 1));
    }

    [Fact]
    public void An_inverted_judge_turns_a_line_round()
    {
        // f = 10 x: whoever was fitted before reads 10 (1 − x), and R² is 1 − 4 Σ(2x − 1)²·25 / Σ(y − ȳ)².
        var random = new Random(2);
        double[] scores = [.. Enumerable.Range(0, 120).Select(_ => random.NextDouble())];
        var data = new ScoreData(1, scores, [.. scores.Select(s => 10 * s)], [.. Enumerable.Range(0, 120).Select(i => i / 3)]);
        var study = FoldStudy.Fit(data, new StudyPlan { Recipes = [ModelRecipes.Create("mean-fit")], Repeats = 1 }, Token);
        var inverted = JudgeAttacks.Apply(scores, 1, [0], JudgeAttack.Invert, 0, 0);

        var before = study.Measure(study.Predict(inverted, Token))[0];
        var attacked = new ScoreData(1, inverted, data.Targets, data.GroupOf);
        var again = study.Measure(study.Refit((_, _, rows) => attacked.Select(rows), inverted, Token))[0];

        study.Measure(study.Predict(scores, Token))[0].R2.Value.ShouldBe(1, 1e-9);
        var mean = data.Targets.Average();
        before.R2.Value.ShouldBe(1 - scores.Sum(s => 100 * (1 - 2 * s) * (1 - 2 * s)) / data.Targets.Sum(t => (t - mean) * (t - mean)), 1e-9);
        again.R2.Value.ShouldBeInRange(-0.2, 0, "a line that may not fall finds nothing in an inverted judge");
    }

    private static double[] Gapless(double[] scores) => [.. scores.Select(static s => double.IsNaN(s) ? Gap : s)];
}
