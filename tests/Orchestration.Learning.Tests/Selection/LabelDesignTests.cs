using Orchestration.Learning.Models;
using Orchestration.Learning.Selection;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Selection;

public sealed class LabelDesignTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Rows_where_nothing_is_labelled_come_first_and_prompts_are_not_exhausted()
    {
        // Labels only at low scores of the judge; the high ones are unknown.
        double[] scores = [.. Enumerable.Range(0, 100).Select(static i => i / 99.0)];
        bool[] labelled = [.. Enumerable.Range(0, 100).Select(static i => i < 30)];
        int[] groups = [.. Enumerable.Range(0, 100).Select(static i => i / 2)];
        var next = new LabelDesign(scores, 1, groups, labelled).Best(6, perPrompt: 1, Cancel);
        next[0].Row.ShouldBeGreaterThan(66);
        next.ShouldAllBe(static n => n.Row >= 30);
        next.Select(n => groups[n.Row]).Distinct().Count().ShouldBe(6);
        next.Zip(next.Skip(1)).ShouldAllBe(static p => p.Second.Share < p.First.Share + 0.05);
    }

    [Fact]
    public void The_share_that_a_label_is_said_to_bring_is_what_it_brings()
    {
        var random = new Random(2);
        double[] scores = [.. Enumerable.Range(0, 90).Select(_ => random.NextDouble() < 0.1 ? double.NaN : random.NextDouble())];
        int[] groups = [.. Enumerable.Range(0, 30)];
        bool[] labelled = [.. groups.Select(static g => g % 3 == 0)];
        var design = new LabelDesign(scores, 3, groups, labelled);
        var best = design.Best(1, cancellationToken: Cancel)[0];
        var after = (bool[])labelled.Clone();
        after[best.Row] = true;
        new LabelDesign(scores, 3, groups, after).MeanVariance.ShouldBe((1 - best.Share) * design.MeanVariance, 1e-9);
        foreach (var other in Enumerable.Range(0, 30).Where(i => !labelled[i] && i != best.Row))
        {
            var instead = (bool[])labelled.Clone();
            instead[other] = true;
            new LabelDesign(scores, 3, groups, instead).MeanVariance.ShouldBeGreaterThanOrEqualTo((1 - best.Share) * design.MeanVariance - 1e-12);
        }
    }

    [Fact]
    public void A_model_learns_more_from_chosen_labels_than_from_as_many_drawn_ones()
    {
        var (chosenError, drawnError) = (0.0, 0.0);
        for (var seed = 0; seed < 15; seed++)
        {
            var random = new Random(seed);
            const int Rows = 300, Judges = 3;
            double[] scores = [.. Enumerable.Range(0, Rows * Judges).Select(_ => Math.Pow(random.NextDouble(), 4))];
            double[] truth = [.. Enumerable.Range(0, Rows).Select(i => 2 * scores[3 * i] + scores[3 * i + 1] - scores[3 * i + 2])];
            double[] labels = [.. truth.Select(t => t + 0.3 * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5))];
            int[] groups = [.. Enumerable.Range(0, Rows)];
            int[] first = [.. Enumerable.Range(0, 10)];
            bool[] labelled = [.. groups.Select(static g => g < 10)];
            int[] chosen = [.. first, .. new LabelDesign(scores, Judges, groups, labelled).Best(20, cancellationToken: Cancel).Select(static n => n.Row)];
            int[] drawn = [.. first, .. Enumerable.Range(10, 20)];
            chosenError += Error(chosen);
            drawnError += Error(drawn);

            double Error(int[] rows)
            {
                var data = new ScoreData(Judges, scores, labels, groups);
                var said = new double[Rows];
                ModelRecipes.Create("ridge").Fit(data.Select(rows), new FitOptions(1)).Predict(scores, said);
                return said.Zip(truth).Average(static p => (p.First - p.Second) * (p.First - p.Second));
            }
        }

        (chosenError / drawnError).ShouldBeLessThan(0.75);
    }
}
