using Orchestration.Learning.Models;
using Orchestration.Learning.Surrogates;
using Shouldly;
using Xunit;

namespace Orchestration.Learning.Tests.Surrogates;

public sealed class SurrogateStudyTests
{
    [Fact]
    public void Calls_are_spared_where_the_stand_in_is_sure_and_the_promised_fidelity_is_reached_on_prompts_unseen()
    {
        // The second judge says where the first can be trusted: noise only above its middle.
        var study = Run(Data(1, 0.4, hidden: true), 0.9);
        study.Fidelity.Value.ShouldBe(0.9, 0.05);
        study.Fidelity.Upper.ShouldBeGreaterThan(0.9);
        study.Spared.Value.ShouldBeGreaterThan(0.4);
        study.R2.Value.ShouldBeLessThan(0.9, "the stand-in alone does not reach it");
        var (sure, unsure) = (Mean(study, isSpared: true), Mean(study, isSpared: false));
        unsure.ShouldBeGreaterThan(2 * sure);
        study.Curve[0].ShouldBe(1);
        study.Curve[^1].ShouldBe(study.R2.Value, 1e-9);
        study.Curve.Zip(study.Curve.Skip(1)).ShouldAllBe(static p => p.Second <= p.First);

        double Mean(SurrogateStudy s, bool isSpared) => Enumerable.Range(0, s.IsSpared.Length).Where(i => s.IsSpared[i] == isSpared).Average(i => s.Expected[i]);
    }

    [Fact]
    public void A_stand_in_that_knows_nothing_has_no_r2_and_spares_next_to_no_calls()
    {
        var random = new Random(3);
        var known = Data(3, 0.1, hidden: false);
        var study = Run(new ScoreData(2, known.Scores, [.. known.Targets.Select(_ => random.NextDouble())], known.GroupOf), 0.95);
        study.R2.Upper.ShouldBeLessThan(0.1);
        study.Order.Lower.ShouldBeLessThan(0.5);
        study.Order.Upper.ShouldBeGreaterThan(0.5);
        study.Spared.Value.ShouldBeLessThan(0.1);
    }

    [Fact]
    public void What_is_said_of_a_prompt_does_not_know_its_costly_scores()
    {
        var data = Data(4, 0.2, hidden: false);
        var changed = (double[])data.Targets.Clone();
        for (var i = 0; i < changed.Length; i++) changed[i] += data.GroupOf[i] == 11 ? 50 : 0;
        var (before, after) = (Run(data, 0.9), Run(new ScoreData(2, data.Scores, changed, data.GroupOf), 0.9));
        for (var i = 0; i < changed.Length; i++)
        {
            if (data.GroupOf[i] == 11) (after.Predicted[i], after.Expected[i], after.IsSpared[i]).ShouldBe((before.Predicted[i], before.Expected[i], before.IsSpared[i]));
        }

        after.Predicted.ShouldNotBe(before.Predicted);
    }

    [Fact]
    public void The_same_seed_gives_the_same_study_whatever_the_threads()
    {
        var data = Data(5, 0.2, hidden: true);
        var (one, many) = (Run(data, 0.9, 1), Run(data, 0.9, 4));
        many.Predicted.ShouldBe(one.Predicted);
        (many.Fidelity, many.Order, many.Spared).ShouldBe((one.Fidelity, one.Order, one.Spared));
    }

    private static SurrogateStudy Run(ScoreData data, double fidelity, int threads = 2) =>
        SurrogateStudy.Run(data, ModelRecipes.Create("ridge"), new SurrogateOptions { Fidelity = fidelity, Resamples = 100, Seed = 7, MaxThreads = threads });

    private static ScoreData Data(int seed, double noise, bool hidden)
    {
        var random = new Random(seed);
        const int Rows = 600;
        var (scores, targets) = (new double[2 * Rows], new double[Rows]);
        for (var i = 0; i < Rows; i++)
        {
            (scores[2 * i], scores[2 * i + 1]) = (random.NextDouble(), random.NextDouble());
            var loud = !hidden ? 1 : scores[2 * i + 1] > 0.6 ? 2 * (scores[2 * i + 1] - 0.5) : 0.1;
            targets[i] = scores[2 * i] + noise * loud * (2 * random.NextDouble() - 1);
        }

        return new ScoreData(2, scores, targets, [.. Enumerable.Range(0, Rows).Select(static i => i / 3)]);
    }
}
