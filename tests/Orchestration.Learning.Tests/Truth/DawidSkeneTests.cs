using System.Text.Json;
using Orchestration.Learning.Agreement;
using Orchestration.Learning.Truth;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Truth;

/// <summary>Counts of right answers by a fit written apart in NumPy: product 0.8966 and 0.9394, duck 0.7593 and 0.8981.</summary>
public sealed class DawidSkeneTests
{
    [Theory]
    [InlineData("product", 10_000, 7455.0, 7811.0)]
    [InlineData("product", 100, 7455.0, 7815.0)]
    [InlineData("duck", 10_000, 82.0, 97.0)]
    public void Recorded_crowds_are_answered_as_an_independent_fit_in_numpy_answers_them(string crowd, int iterations, double majority, double expected)
    {
        var (table, truth) = Crowd(crowd);
        var fit = DawidSkene.Fit(table, new DawidSkeneOptions { MaxIterations = iterations });

        fit.Converged.ShouldBe(iterations > 100);
        (table.Items * Accuracy(MajorityVote.Shares(table), table, truth)).ShouldBe(majority, 1e-6);
        (table.Items * Accuracy(fit.Probabilities, table, truth)).ShouldBe(expected, 1e-6);
    }

    [Fact]
    public void Confusions_of_raters_that_err_independently_are_found()
    {
        var (table, truth, chances) = Simulated(raters: 6, items: 20_000, clique: 0, seed: 4);
        var fit = DawidSkene.Fit(table);

        fit.Converged.ShouldBeTrue();
        for (var r = 0; r < 6; r++)
        {
            fit.Confusion[r * 4].ShouldBe(chances[r], 0.02);
            fit.Quality(r).Accuracy.ShouldBe(chances[r], 0.02);
            fit.Quality(r).Informedness.ShouldBe(2 * chances[r] - 1, 0.04);
            fit.Quality(r).Ratings.ShouldBe(20_000);
        }

        fit.Prior.ShouldBe([0.5, 0.5], 0.02);
        Accuracy(fit.Probabilities, table, truth).ShouldBeGreaterThan(Accuracy(MajorityVote.Shares(table), table, truth) + 0.02);
        var dependence = ErrorDependence.Of(table, fit);
        dependence.Pairs.ShouldBeEmpty();
        dependence.Compared.ShouldBe(15);
        ErrorDependence.Of(table, fit, truth).ErrorCorrelation.ShouldBe(0, 0.01);
    }

    [Fact]
    public void Raters_that_copy_one_another_make_it_worse_than_the_vote_and_are_named()
    {
        // Four of nine say what one of them says; the fit takes the clique for the truth.
        var (table, truth, _) = Simulated(raters: 9, items: 3000, clique: 4, seed: 5);
        var fit = DawidSkene.Fit(table);

        Accuracy(fit.Probabilities, table, truth).ShouldBeLessThan(Accuracy(MajorityVote.Shares(table), table, truth));
        ErrorDependence.Of(table, fit).Pairs.ShouldNotBeEmpty();
        var known = ErrorDependence.Of(table, fit, truth);
        known.Pairs.ShouldContain(p => p.First < 4 && p.Second < 4);
        known.Pairs.ShouldAllBe(p => p.First < 4 && p.Second < 4);
        // Six of 36 pairs have correlation near 1: pooled about 1/6.
        known.ErrorCorrelation.ShouldBe(0.15, 0.05);
        known.EffectiveVotes.ShouldBe(9 / (1 + 8 * known.ErrorCorrelation), 1e-12);
    }

    [Fact]
    public void Copies_of_one_rater_are_one_effective_vote()
    {
        var (table, truth, _) = Simulated(raters: 5, items: 500, clique: 5, seed: 6, noise: 0);
        ErrorDependence.Of(table, DawidSkene.Fit(table), truth).EffectiveVotes.ShouldBe(1, 1e-9);
    }

    [Fact]
    public void An_item_without_ratings_keeps_the_prior_and_a_tied_vote_is_half_right()
    {
        var table = new RatingTable(2, [0, 0, 1, 1, 0, 1, double.NaN, double.NaN, 0, 0]);
        var shares = MajorityVote.Shares(table);

        shares.AsSpan(6, 2).ToArray().ShouldBe([0.5, 0.5]);
        MajorityVote.Credit(shares, 2, 2, 1).ShouldBe(0.5);
        MajorityVote.Winner(shares, 2, 2).ShouldBe(-1);
        MajorityVote.Winner(shares, 2, 1).ShouldBe(1);
        var fit = DawidSkene.Fit(table);
        fit.Probabilities[6].ShouldBe(fit.Prior[0], 1e-6);
    }

    [Fact]
    public void The_likelihood_never_falls()
    {
        var (table, _, _) = Simulated(raters: 5, items: 200, clique: 0, seed: 8);
        var likelihoods = Enumerable.Range(2, 30).Select(n => DawidSkene.Fit(table, new DawidSkeneOptions { MaxIterations = n, Tolerance = 0 }).LogLikelihood).ToArray();
        likelihoods.Zip(likelihoods.Skip(1)).ShouldAllBe(p => p.Second >= p.First - 1e-9);
        likelihoods[^1].ShouldBeGreaterThan(likelihoods[0]);
    }

    private static double Accuracy(double[] probabilities, RatingTable table, int[] truth) =>
        Enumerable.Range(0, table.Items).Average(i => MajorityVote.Credit(probabilities, table.Levels.Length, i, truth[i]));

    /// <summary>Two levels; the first <paramref name="clique"/> raters mostly repeat the first one.</summary>
    private static (RatingTable Table, int[] Truth, double[] Chances) Simulated(int raters, int items, int clique, int seed, double noise = 0.02)
    {
        var random = new Random(seed);
        var chances = Enumerable.Range(0, raters).Select(r => clique > 0 ? 0.7 : 0.55 + 0.07 * r).ToArray();
        var values = new double[items * raters];
        var truth = new int[items];
        for (var i = 0; i < items; i++)
        {
            truth[i] = random.Next(2);
            for (var r = 0; r < raters; r++)
            {
                var right = random.NextDouble() < chances[r];
                values[i * raters + r] = right ? truth[i] : 1 - truth[i];
                if (r > 0 && r < clique && random.NextDouble() >= noise) values[i * raters + r] = values[i * raters];
            }
        }

        return (new RatingTable(raters, values), truth, chances);
    }

    private static (RatingTable Table, int[] Truth) Crowd(string name)
    {
        var (table, _) = Agreement.RecordedRatings.Read($"crowd/{name}.jsonl");
        var truth = new List<int>();
        foreach (var line in File.ReadLines(PublicData.Require($"crowd/{name}.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            truth.Add(document.RootElement.GetProperty("truth").GetInt32());
        }

        return (table, [.. truth]);
    }
}
