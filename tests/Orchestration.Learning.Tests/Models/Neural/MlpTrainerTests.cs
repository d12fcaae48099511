using Orchestration.Learning.Models;
using Orchestration.Learning.Models.Neural;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Models.Neural;

public sealed class MlpTrainerTests
{
    private static readonly int[] Training = [.. Enumerable.Range(0, 60)];
    private static readonly int[] HeldOut = [.. Enumerable.Range(60, 40)];

    [Fact]
    public void What_comes_back_are_the_weights_of_the_best_pass_and_not_of_the_last()
    {
        var (options, rows) = (new MlpOptions { Epochs = 60, Patience = 15, LearningRate = 0.01, Hidden = 64 }, Noisy());
        var trainer = new MlpTrainer(options, rows, monotone: false, new SeedStream(1, 1));
        var weights = trainer.Train([.. Training], HeldOut, CancellationToken.None);

        // The same training without stopping, cut off after each pass: its losses are those that the stopping saw.
        var losses = new List<double>();
        for (var passes = 1; passes <= options.Epochs; passes++)
        {
            var cut = new MlpTrainer(options with { Epochs = passes, Patience = 0 }, rows, monotone: false, new SeedStream(1, 1));
            losses.Add(cut.Loss(cut.Train([.. Training], [], CancellationToken.None), HeldOut));
        }

        var best = 0;
        var last = 0;
        for (; last < losses.Count && last - best <= options.Patience; last++) best = losses[last] < losses[best] ? last : best;
        best.ShouldBeGreaterThan(0);
        last.ShouldBeLessThan(options.Epochs);
        losses[last - 1].ShouldBeGreaterThan(losses[best]);
        trainer.HeldOutLoss.ShouldBe(losses[best]);
        trainer.Loss(weights, HeldOut).ShouldBe(losses[best]);
    }

    [Fact]
    public void Held_out_rows_are_never_learned_from()
    {
        var rows = Noisy();
        var changed = rows with { Targets = [.. rows.Targets.Select((t, i) => i < 60 ? t : -t)] };
        var options = new MlpOptions { Epochs = 5, Patience = 100 };
        foreach (var passes in new[] { 1, 5 })
        {
            // Nothing but the choice of the pass may depend on them, so with every pass taken nothing does.
            var weights = new[] { rows, changed }.Select(r => new MlpTrainer(options with { Epochs = passes, Patience = 0 }, r, false, new SeedStream(3, 0)).Train([.. Training], [], CancellationToken.None)).ToArray();
            weights[0].ShouldBe(weights[1]);
        }
    }

    [Fact]
    public void A_judge_that_never_varies_has_no_weight()
    {
        var data = Rows.Correlated(80, 3, 0.3, 4, x => x[0] - x[2]);
        for (var row = 0; row < 80; row++) data.Scores[row * 3 + 1] = 0.25;
        var model = new MlpRecipe(new MlpOptions { Members = 3 }).Fit(data, new FitOptions(1));

        model.Predict([0.3, 1, 0.6]).ShouldBe(model.Predict([0.3, 0, 0.6]));
        model.Predict([0.9, 1, 0.6]).ShouldBeGreaterThan(model.Predict([0.3, 0, 0.6]));
    }

    [Fact]
    public void Cancelling_gives_up()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var data = Rows.Correlated(80, 3, 0.3, 4, x => x[0]);
        Should.Throw<OperationCanceledException>(() => new MlpRecipe(new MlpOptions()).Fit(data, new FitOptions(1, 2, cancelled.Token)));
    }

    private static MlpRows Noisy()
    {
        var data = Rows.Correlated(100, 4, 0.3, 2, x => x[0] - x[1], 1);
        var scale = InputScale.Of(data.Scores, 4, null, out var varies);
        return MlpRows.Of(data.Scores, 4, scale, data.Targets, null, varies, compared: false);
    }
}
