using Orchestration.Core.Routing;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Routing.Features;
using Orchestration.Core.Routing.Models;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Routing.Models;

public sealed class RoutingModelTests
{
    private static readonly RoutingModel Model = RoutingTrainer.Train(GivenHistory.Matrix(), new RoutingTraining { Clusters = 6, Neighbours = 20 });

    [Theory]
    [InlineData(null)]
    [InlineData(RoutingHead.Ridge)]
    [InlineData(RoutingHead.Features)]
    [InlineData(RoutingHead.Skills)]
    [InlineData(RoutingHead.Nearest)]
    [InlineData(RoutingHead.Clusters)]
    public void Each_head_learns_who_is_best_at_what(RoutingHead? head)
    {
        var random = new Random(99);
        Span<double> quality = stackalloc double[3];
        for (var i = 0; i < 30; i++)
        {
            var prediction = Model.Predict(new RoutingPrompt(GivenHistory.Prompt(i % 3, random)), head, quality);
            quality.IndexOf(Math.Max(quality[0], Math.Max(quality[1], quality[2]))).ShouldBe(i % 3);
            Model.Tasks[prediction.Task].ShouldBe(GivenHistory.Tasks[i % 3]);
            foreach (var value in quality) value.ShouldBeInRange(0, 1);
        }
    }

    [Fact]
    public void The_mean_ignores_the_prompt_and_prefers_the_best_single_expert()
    {
        Span<double> quality = stackalloc double[3];
        Model.Predict(new RoutingPrompt("def return loop"), RoutingHead.Mean, quality);
        quality.ToArray().ShouldBe(Model.Means);
        Model.Experts[Model.BestSingle].ShouldBe("clerk");
    }

    [Fact]
    public void Auto_names_what_it_chose_and_its_figures()
    {
        Model.Facts.Choice.ShouldContain("chosen on training rows by mean quality of the expert predicted best");
        foreach (var head in RoutingHeads.All) Model.Facts.Choice.ShouldContain(head + " 0.");
    }

    [Fact]
    public void A_prompt_like_nothing_in_the_history_is_unfamiliar_and_its_interval_wide()
    {
        Span<double> quality = stackalloc double[3];
        var known = Model.Predict(new RoutingPrompt(GivenHistory.Prompt(1, new Random(5))), null, quality);
        var (lower, upper) = Model.Interval(1, quality[1], null, known.IsFamiliar);
        var strange = Model.Predict(new RoutingPrompt("Ĉu vi povas traduki tiun ĉi frazon en la latinan lingvon kaj klarigi ĝin?"), null, quality);
        var (low, high) = Model.Interval(1, quality[1], null, strange.IsFamiliar);
        known.IsFamiliar.ShouldBeTrue();
        strange.IsFamiliar.ShouldBeFalse();
        (high - low).ShouldBeGreaterThan(upper - lower);
    }

    [Fact]
    public void The_same_history_and_seed_give_the_same_bytes_whatever_the_threads()
    {
        var again = RoutingTrainer.Train(GivenHistory.Matrix(), new RoutingTraining { Clusters = 6, Neighbours = 20, MaxThreads = 4 });
        RoutingModelFile.Write(again).ShouldBe(RoutingModelFile.Write(Model));
        RoutingTrainer.Train(GivenHistory.Matrix(seed: 2), new RoutingTraining { Clusters = 6, Neighbours = 20 }).Version.ShouldNotBe(Model.Version);
    }

    [Fact]
    public void What_is_read_from_a_file_predicts_the_same_bits_and_has_the_same_version()
    {
        var read = RoutingModelFile.Read("m.bin", RoutingModelFile.Write(Model));
        read.Version.ShouldBe(Model.Version);
        read.Features.Version.ShouldBe(Model.Features.Version);
        read.Facts.Choice.ShouldBe(Model.Facts.Choice);
        var random = new Random(4);
        var (first, second) = (new double[3], new double[3]);
        for (var i = 0; i < 20; i++)
        {
            var prompt = new RoutingPrompt(GivenHistory.Prompt(i % 3, random));
            foreach (var head in Enum.GetValues<RoutingHead>().Cast<RoutingHead?>().Append(null))
            {
                read.Predict(prompt, head, second).ShouldBe(Model.Predict(prompt, head, first));
                second.ShouldBe(first);
            }

            read.Interval(1, first[1], null, true).ShouldBe(Model.Interval(1, first[1], null, true));
        }
    }

    [Fact]
    public void An_edited_or_cut_off_file_is_refused_with_its_name()
    {
        var bytes = RoutingModelFile.Write(Model);
        var edited = (byte[])bytes.Clone();
        edited[^3] ^= 1;
        Should.Throw<OrchestrationException>(() => RoutingModelFile.Read("m.bin", edited)).Message.ShouldContain("m.bin is not what its version says");
        Should.Throw<OrchestrationException>(() => RoutingModelFile.Read("m.bin", bytes.AsSpan(0, bytes.Length / 2))).Code.ShouldBe(ErrorCodes.Input);
        Should.Throw<OrchestrationException>(() => RoutingModelFile.Load("/nowhere/m.bin")).Message.ShouldContain("orchestrate route train");
    }

    [Fact]
    public void Intervals_hold_the_mean_quality_of_prompts_with_such_predictions()
    {
        var fresh = GivenHistory.Matrix(1500, 77);
        var inside = 0;
        for (var m = 0; m < 3; m++)
        {
            var (predicted, lower, upper, truth) = (0.0, 0.0, 0.0, 0.0);
            var quality = new double[3];
            for (var i = 0; i < fresh.Rows; i++)
            {
                Model.Predict(new RoutingPrompt(fresh.Prompts[i]), null, quality);
                var (low, high) = Model.Interval(m, quality[m], null, true);
                low.ShouldBeLessThanOrEqualTo(quality[m]);
                high.ShouldBeGreaterThanOrEqualTo(quality[m]);
                (predicted, lower, upper, truth) = (predicted + quality[m], lower + low, upper + high, truth + fresh.Quality[i * 3 + m]);
            }

            if (truth >= lower && truth <= upper) inside++;
            predicted.ShouldBe(truth, 0.05 * fresh.Rows);
        }

        inside.ShouldBe(3);
    }

    [Theory]
    [InlineData("mlp", 5, 0.05, "There is no kind of routing model 'mlp'")]
    [InlineData("auto", 1, 0.05, "inner folds; 2 to 20")]
    [InlineData("auto", 5, 1.0, "from 0 to below 1")]
    public void An_option_out_of_its_range_is_named(string kind, int folds, double abstain, string message) =>
        Should.Throw<OrchestrationException>(() => RoutingTrainer.Train(GivenHistory.Matrix(), new RoutingTraining { Kind = kind, Folds = folds, Abstain = abstain })).Message.ShouldContain(message);

    [Fact]
    public void Embeddings_take_the_place_of_words_and_a_prompt_without_one_is_not_measured()
    {
        var matrix = GivenHistory.Matrix();
        var random = new Random(8);
        float[][] vectors = [.. Enumerable.Range(0, matrix.Rows).Select(i => new[] { i % 3 == 0 ? 2f : 0, i % 3 == 1 ? 2f : 0, i % 3 == 2 ? 2f : 0, (float)random.NextDouble() })];
        var model = RoutingTrainer.Train(matrix, new RoutingTraining { Clusters = 6, Neighbours = 20 }, new PromptEmbeddings("embedder", new ModelIdentity("acme", "vectors", "1"), Enumerable.Range(0, matrix.Rows).ToDictionary(i => matrix.Prompts[i], i => vectors[i], StringComparer.Ordinal)));
        model.Embedding.ShouldBe(new EmbeddingNeed("embedder", "acme/vectors@1", 4));
        var quality = new double[3];
        var read = RoutingModelFile.Read("m.bin", RoutingModelFile.Write(model));
        read.Embedding.ShouldBe(model.Embedding);
        read.Predict(new RoutingPrompt("x y z?") { Embedding = new float[] { 0, 1, 0, 0.2f } }, RoutingHead.Ridge, quality).IsMeasured.ShouldBeTrue();
        quality[1].ShouldBeGreaterThan(Math.Max(quality[0], quality[2]));
        read.Predict(new RoutingPrompt("x y z?"), null, quality).ShouldBe(new RoutingPrediction(0, -1, false, false));
        quality.ShouldBe(model.Means);
    }
}
