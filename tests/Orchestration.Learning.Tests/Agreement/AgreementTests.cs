using FsCheck;
using FsCheck.Fluent;
using Orchestration.Learning.Agreement;
using Orchestration.Learning.Intervals;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Agreement;

/// <summary>Digits by scikit-learn 1.2 and SciPy 1.10; Krippendorff's are those of his example.</summary>
public sealed class AgreementTests
{
    private const double None = double.NaN;
    private static readonly double[] X = [1, 2, 3, 4, 5, 1, 2, 2, 3, 5, 4, 4, 1, 3, 2, 5, 5, 1];
    private static readonly double[] Y = [1, 2, 4, 4, 4, 2, 2, 1, 3, 5, 5, 3, 1, 2, 2, 4, 5, 3];

    [Theory]
    [InlineData(KappaWeights.None, 0.37451737451737444)]
    [InlineData(KappaWeights.Linear, 0.6525096525096525)]
    [InlineData(KappaWeights.Quadratic, 0.8330757341576507)]
    public void Kappa_agrees_with_scikit_learn(KappaWeights weights, double expected) =>
        AgreementEstimates.Value(Pairs(X, Y), new CohenKappa(Pairs(X, Y), 0, 1, weights)).ShouldBe(expected, 1e-12);

    [Theory]
    [InlineData(CorrelationKind.Pearson, 0.8359925544418256)]
    [InlineData(CorrelationKind.Spearman, 0.8256208583875274)]
    [InlineData(CorrelationKind.KendallTauB, 0.7159587273193938)]
    public void Correlations_agree_with_scipy(CorrelationKind kind, double expected) =>
        AgreementEstimates.Value(Pairs(X, Y), new Correlation(Pairs(X, Y), 0, 1, kind)).ShouldBe(expected, 1e-12);

    [Theory]
    [InlineData(MeasurementLevel.Nominal, 0.743)]
    [InlineData(MeasurementLevel.Ordinal, 0.815)]
    [InlineData(MeasurementLevel.Interval, 0.849)]
    public void Alpha_of_krippendorffs_own_example_with_missing_ratings_has_his_digits(MeasurementLevel level, double expected)
    {
        double[][] observers =
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
            [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
        ];
        var table = Columns(observers);

        AgreementEstimates.Value(table, new KrippendorffAlpha(table, level)).ShouldBe(expected, 5e-4);
    }

    [Fact]
    public void Every_measure_counts_an_item_of_weight_two_as_two_items() => SeededProperty.Holds(Tables(), 11, table =>
    {
        var random = new Random(table.Items * 7 + table.Levels.Length);
        var weights = Enumerable.Range(0, table.Items).Select(_ => (double)random.Next(0, 4)).ToArray();
        if (weights.Sum() == 0) return true;
        var rows = weights.SelectMany((w, i) => Enumerable.Repeat(i, (int)w)).SelectMany(i => table.Values.AsSpan(i * table.Raters, table.Raters).ToArray()).ToArray();
        if (rows.All(double.IsNaN)) return true;
        var repeated = new RatingTable(table.Raters, rows);
        // Weighted κ goes by places among the levels: only where all of them are still there is it the same.
        if (repeated.Levels.Length != table.Levels.Length) return true;
        return Measures(table).Zip(Measures(repeated)).All(pair => Same(pair.First.Of(weights), AgreementEstimates.Value(repeated, pair.Second)));
    });

    [Fact]
    public void Alpha_kappa_and_tau_are_what_counting_all_pairs_gives() => SeededProperty.Holds(Tables(), 12, table =>
    {
        foreach (var level in Enum.GetValues<MeasurementLevel>())
        {
            if (!Same(AgreementEstimates.Value(table, new KrippendorffAlpha(table, level)), BruteForce.Alpha(table, level))) return false;
        }

        return Same(AgreementEstimates.Value(table, new Correlation(table, 0, 1, CorrelationKind.KendallTauB)), BruteForce.TauB(table))
            && Enum.GetValues<KappaWeights>().All(w => Same(AgreementEstimates.Value(table, new CohenKappa(table, 0, 1, w)), BruteForce.Kappa(table, w)));
    });

    [Fact]
    public void Fleiss_of_two_raters_is_scotts_pi()
    {
        var table = Pairs(X, Y);
        var shares = Enumerable.Range(1, 5).Select(l => (X.Count(v => v == l) + Y.Count(v => v == l)) / 36.0).ToArray();
        var seen = X.Zip(Y).Count(p => p.First == p.Second) / 18.0;
        var expected = shares.Sum(s => s * s);

        AgreementEstimates.Value(table, new FleissKappa(table)).ShouldBe((seen - expected) / (1 - expected), 1e-12);
    }

    [Fact]
    public void Raters_who_always_say_the_same_one_thing_have_no_agreement_to_measure()
    {
        var table = Pairs([1, 1, 1], [1, 1, 1]);
        Measures(table).Select(m => AgreementEstimates.Value(table, m)).ShouldAllBe(v => double.IsNaN(v));
    }

    [Fact]
    public void Bounds_are_the_same_on_one_thread_and_on_four()
    {
        var table = Pairs(X, Y);
        var one = AgreementEstimates.Of(table, Measures(table), new BootstrapOptions { Resamples = 200, Seed = 5 });
        var four = AgreementEstimates.Of(table, Measures(table), new BootstrapOptions { Resamples = 200, Seed = 5, MaxThreads = 4 });
        four.ShouldBe(one);
        one[0].Lower.ShouldBeLessThan(one[0].Value);
        one[0].Upper.ShouldBeGreaterThan(one[0].Value);
    }

    [Fact]
    public void Bounds_widen_where_items_come_in_prompts_that_share_their_error()
    {
        // Ten prompts of ten copies of one item hold no more than ten items.
        double[] x = [.. Enumerable.Range(0, 100).Select(i => X[i / 10])];
        double[] y = [.. Enumerable.Range(0, 100).Select(i => Y[i / 10])];
        double[] values = [.. x.Zip(y).SelectMany(p => new[] { p.First, p.Second })];
        var byItem = new RatingTable(2, values);
        var byPrompt = new RatingTable(2, values, [.. Enumerable.Range(0, 100).Select(i => i / 10)]);
        var options = new BootstrapOptions { Seed = 1 };
        var rows = AgreementEstimates.Of(byItem, [new CohenKappa(byItem, 0, 1)], options)[0];
        var prompts = AgreementEstimates.Of(byPrompt, [new CohenKappa(byPrompt, 0, 1)], options)[0];

        prompts.Value.ShouldBe(rows.Value, 1e-15);
        (prompts.StandardError / rows.StandardError).ShouldBe(Math.Sqrt(10), 0.5);
    }

    [Fact]
    public void A_judge_is_placed_among_the_annotators_by_its_z()
    {
        // Six people who err by themselves, a seventh in a judge's chair, one that errs half as often and one that guesses.
        var random = new Random(3);
        var values = new double[600 * 9];
        for (var i = 0; i < 600; i++)
        {
            var truth = random.Next(3);
            // People differ in care: the spread that z is measured in.
            double[] errors = [0.15, 0.18, 0.2, 0.22, 0.25, 0.3, 0.21, 0.02, 0.9];
            for (var r = 0; r < 9; r++) values[i * 9 + r] = random.NextDouble() < errors[r] ? random.Next(3) : truth;
        }

        var table = new RatingTable(9, values);
        var (judges, people) = HumanLikeness.Of(table, [0, 1, 2, 3, 4, 5], [6, 7, 8], KappaWeights.None, new BootstrapOptions { Resamples = 100 });
        judges.Select(j => j.Verdict).ShouldBe([HumanLikenessVerdict.HumanLike, HumanLikenessVerdict.SuperConsistent, HumanLikenessVerdict.BelowHuman]);
        var mean = people.Average();
        var deviation = Math.Sqrt(people.Sum(p => (p - mean) * (p - mean)) / 5);
        judges[1].Z.Value.ShouldBe((judges[1].Kappa.Value - mean) / deviation, 1e-12);

        var few = HumanLikeness.Of(table, [0, 1, 2, 3], [6], KappaWeights.None, new BootstrapOptions { Resamples = 100 }).Judges[0];
        few.Verdict.ShouldBe(HumanLikenessVerdict.TooFewAnnotators);
        few.Difference.Lower.ShouldBeLessThan(few.Difference.Upper);
    }

    internal static RatingTable Pairs(double[] x, double[] y) => Columns([x, y]);

    internal static RatingTable Columns(double[][] raters) =>
        new(raters.Length, [.. Enumerable.Range(0, raters[0].Length).SelectMany(i => raters.Select(r => r[i]))]);

    private static IAgreement[] Measures(RatingTable table) =>
    [
        new FleissKappa(table),
        .. Enum.GetValues<KappaWeights>().Select(w => new CohenKappa(table, 0, 1, w)),
        .. Enum.GetValues<MeasurementLevel>().Select(l => new KrippendorffAlpha(table, l)),
        .. Enum.GetValues<CorrelationKind>().Select(k => new Correlation(table, 0, 1, k)),
    ];

    private static Gen<RatingTable> Tables() =>
        from raters in Gen.Choose(2, 5)
        from items in Gen.Choose(1, 12)
        from values in Gen.Choose(0, 5).Select(v => v == 0 ? None : (v - 2.5) * v).ArrayOf(raters * items)
        where !values.All(double.IsNaN)
        select new RatingTable(raters, values);

    private static bool Same(double a, double b) => double.IsNaN(a) ? double.IsNaN(b) : Math.Abs(a - b) < 1e-9;
}
